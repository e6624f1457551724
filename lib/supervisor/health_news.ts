import { counted } from "../base/counted.ts";
import { listSome } from "../base/list_some.ts";
import type { Scheduler } from "../base/scheduler.ts";
import { loggerFor } from "../log/logging.ts";
import type { EventKind, EventLog } from "./event_log.ts";

/** The new state of a backend or its agent, or of all of a pool's backends together. */
export type HealthState =
  | "up"
  | "down"
  | "ejected"
  | "returned"
  | "lost"
  | "served"
  /** Its agent has changed its mode. */
  | "steered"
  /** Its agent gives no useful answer, or gives one again. */
  | "agent_failing"
  | "agent_answering";

/** A change in the health of a backend or a pool. */
export interface HealthNewsItem {
  readonly kind: EventKind;
  readonly state: HealthState;
  readonly pool: string;
  /** Absent where it is about the whole pool. */
  readonly backend?: string;
  /** A sentence. */
  readonly text: string;
}

/**
 * How many changes to one state are reported one by one per time window; the rest is summed up at
 * its end.
 */
const MOST_TOLD = 10;
const WINDOW_MS = 10_000;
/** How many pools a summary names. */
const MOST_POOLS = 5;

const BAD: ReadonlySet<HealthState> = new Set([
  "down",
  "ejected",
  "lost",
  "agent_failing",
]);

/** How a summary of each state reads, after "3 more ". */
const SUMS: Readonly<Record<HealthState, readonly [noun: string, verb: string]>> = {
  up: ["backend", "came up"],
  down: ["backend", "went down"],
  ejected: ["backend", "got ejected"],
  returned: ["backend", "came back from an ejection"],
  lost: ["pool", "lost the last backend"],
  served: ["pool", "got a backend again"],
  steered: ["backend", "got another mode from the agent"],
  agent_failing: ["backend", "got no useful answer from the agent"],
  agent_answering: ["backend", "got useful answers from the agent again"],
};

/** The changes to one state in the window. */
interface Count {
  readonly kind: EventKind;
  told: number;
  /** How many were held back, by the pool's key. */
  readonly kept: Map<string, number>;
}

/**
 * Reports health changes in the log and in the events. When very many backends change at once, such
 * as after a network failure, the first are reported one by one and the others as a summary, so
 * neither the log nor the events are flooded.
 */
export class HealthNews {
  readonly #events: EventLog;
  readonly #scheduler: Scheduler;
  readonly #logger = loggerFor("health");
  readonly #counts = new Map<HealthState, Count>();
  #cancel: (() => void) | undefined;

  constructor(events: EventLog, scheduler: Scheduler) {
    this.#events = events;
    this.#scheduler = scheduler;
  }

  tell(item: HealthNewsItem): void {
    const { kind, state, pool, backend, text } = item;
    const count = this.#counts.get(state) ?? { kind, told: 0, kept: new Map() };
    this.#counts.set(state, count);
    this.#cancel ??= this.#scheduler.after(WINDOW_MS, () => this.#endWindow());
    const about = { pool, ...(backend === undefined ? {} : { backend }), state };
    if (count.told < MOST_TOLD) {
      count.told++;
      this.#log(state, text, about);
      this.#events.add(kind, text, about);
    } else {
      count.kept.set(pool, (count.kept.get(pool) ?? 0) + 1);
      this.#events.note(text, about);
    }
  }

  /** Reports what was held back. */
  close(): void {
    this.#cancel?.();
    this.#endWindow();
  }

  #endWindow(): void {
    this.#cancel = undefined;
    for (const [state, { kind, kept }] of this.#counts) {
      if (kept.size === 0) continue;
      const text = describeSum(state, kept);
      this.#log(state, text, { state });
      this.#events.add(kind, text, { state });
    }
    this.#counts.clear();
  }

  #log(state: HealthState, text: string, about: Readonly<Record<string, string>>): void {
    if (BAD.has(state)) this.#logger.warn("{text}", { text, ...about });
    else this.#logger.info("{text}", { text, ...about });
  }
}

function describeSum(state: HealthState, kept: ReadonlyMap<string, number>): string {
  const [noun, verb] = SUMS[state];
  const all = [...kept.values()].reduce((sum, count) => sum + count, 0);
  const what = `${counted(all, `more ${noun}`)} ${verb}`;
  const parts = [...kept].toSorted(([, a], [, b]) => b - a).map(([pool, count]) =>
    noun === "pool" ? pool : `${count} of pool ${pool}`
  );
  return `${what}: ${listSome(parts, MOST_POOLS).join(", ")}`;
}
