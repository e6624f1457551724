import type { SessionView } from "../../engine/session_view.ts";
import type { Control } from "../../supervisor/control.ts";
import { Reused } from "../metrics/reused.ts";
import { Problem } from "../server/problem.ts";

/** Which sessions to list, and how many of them. */
export interface SessionQuery {
  /** The listener's key. */
  readonly listener?: string | undefined;
  /** The pool's name. */
  readonly pool?: string | undefined;
  /** The backend's name. */
  readonly backend?: string | undefined;
  /** The client's address, with or without its port. */
  readonly client?: string | undefined;
  readonly limit: number;
  /** The `next` of the previous page. */
  readonly cursor?: string | undefined;
}

/** The answer of `GET /api/v1/sessions`. */
export interface SessionPage {
  /** How many sessions there are. */
  readonly total: number;
  /** How many of them match, on all pages together. */
  readonly matching: number;
  /** Newest first. */
  readonly sessions: readonly SessionView[];
  /** The cursor of the next page; null on the last one. */
  readonly next: string | null;
}

/** A position between two sessions, which is stable while others come and go. */
interface Place {
  readonly startedAtMs: number;
  readonly id: string;
}

/**
 * The active sessions. Workers have to be asked for them, so at most a tenth of the time is spent
 * on that, however many clients request them.
 */
export class SessionList {
  readonly #all: Reused<Promise<readonly SessionView[]>>;

  constructor(control: Control) {
    this.#all = new Reused(async () => (await control.sessions()).toSorted(byPlace));
  }

  /** Makes the next page a fresh one, after sessions were closed. */
  refresh(): void {
    this.#all.forget();
  }

  /** Returns a page. Rejects with a {@linkcode Problem} if the cursor is not valid. */
  async page(query: SessionQuery): Promise<SessionPage> {
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
    const all = await this.#all.get();
    const wanted = all.filter((session) => isWanted(session, query));
    const from = after === undefined ? 0 : wanted.findIndex((other) => byPlace(after, other) < 0);
    const sessions = from < 0 ? [] : wanted.slice(from, from + query.limit);
    const last = sessions.at(-1);
    const isEnd = last === undefined || last === wanted.at(-1);
    return {
      total: all.length,
      matching: wanted.length,
      sessions,
      next: isEnd ? null : `${last.startedAtMs}_${last.id}`,
    };
  }
}

function isWanted(session: SessionView, query: SessionQuery): boolean {
  const { listener, pool, backend, client } = query;
  return (listener === undefined || session.listener === listener) &&
    (pool === undefined || session.pool === pool) &&
    (backend === undefined || session.backend === backend) &&
    (client === undefined || session.client === client || hostOf(session.client) === client);
}

/** Newest first; by id if they began at the same time. */
function byPlace(a: Place, b: Place): number {
  return b.startedAtMs - a.startedAtMs || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

function readCursor(text: string): Place {
  const [, digits, id = ""] = /^(\d{1,16})_(.+)$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new Problem(400, `Parameter "cursor" is "${text}": expected the "next" of a page`);
  }
  return { startedAtMs: Number(digits), id };
}

/** An address without its port and its brackets. */
function hostOf(name: string): string {
  return name.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
