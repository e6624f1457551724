import { formatAge, formatBytes, formatMs } from "../../admin/dashboard/page/figures.js";
import { counted } from "../../base/counted.ts";
import { quote } from "../../config/quote.ts";
import type { SessionView } from "../../engine/session_view.ts";
import type { AdminClient } from "../client/admin_client.ts";
import { ANSWER_SHAPES } from "../client/answer_shapes.ts";
import { askWeir } from "../client/ask_weir.ts";
import type { CommandInputs } from "../command.ts";
import { EXIT_STATUS, UsageError } from "../exit_status.ts";
import { formatTable, type TextColumn } from "../output/text_table.ts";

/** A page of sessions, as returned by the API. */
interface SessionPage {
  readonly total: number;
  readonly matching: number;
  readonly sessions: readonly SessionView[];
  /** The cursor of the next page; null on the last one. */
  readonly next: string | null;
}

const MOST_AT_ONCE = 1000;
const COLUMNS: readonly TextColumn[] = [
  { title: "ID" },
  { title: "CLIENT" },
  { title: "LISTENER" },
  // Left out if every pool has the name of its listener.
  { title: "POOL" },
  { title: "BACKEND" },
  { title: "PHASE" },
  { title: "AGE", isNumber: true },
  { title: "IN", isNumber: true },
  { title: "OUT", isNumber: true },
  { title: "CONNECT", isNumber: true },
  { title: "RETRIES", isNumber: true },
];

/** Lists the sessions of a running Weir. */
export function sessions(inputs: CommandInputs): Promise<number> {
  const { flags, terminal, values } = inputs;
  const limit = parseLimit(values.get("limit") ?? "100");
  const query = new URLSearchParams();
  for (const name of ["listener", "pool", "backend", "client"]) {
    const value = values.get(name);
    if (value !== undefined) query.set(name, value);
  }
  return askWeir(inputs, async (client) => {
    const { found, matching } = await read(client, query, limit);
    if (flags.has("json")) {
      terminal.print(`${JSON.stringify(found, undefined, 2)}\n`);
    } else {
      const hasPools = found.some(({ listener, pool }) => listener !== pool);
      const columns = COLUMNS.filter(({ title }) => title !== "POOL" || hasPools);
      const lines = formatTable(columns, found.map((session) => sessionRow(session, hasPools)));
      terminal.print(`${lines.join("\n")}\n${found.length} of ${counted(matching, "session")}\n`);
    }
    return EXIT_STATUS.done;
  });
}

async function read(
  client: AdminClient,
  query: URLSearchParams,
  limit: number,
): Promise<{ readonly found: readonly SessionView[]; readonly matching: number }> {
  const found: SessionView[] = [];
  while (true) {
    query.set("limit", String(Math.min(limit - found.length, MOST_AT_ONCE)));
    const shape = ANSWER_SHAPES.sessions;
    const page = await client.ask<SessionPage>(`/api/v1/sessions?${query}`, { shape });
    found.push(...page.sessions);
    // A page without sessions is treated as the last one, whatever `next` is.
    const isLast = page.next === null || page.sessions.length === 0;
    if (isLast || found.length >= limit) return { found, matching: page.matching };
    query.set("cursor", page.next as string);
  }
}

function sessionRow(session: SessionView, hasPools: boolean): string[] {
  const { backend, connectTimeMs } = session;
  return [
    session.id,
    session.client,
    session.listener,
    ...hasPools ? [session.pool] : [],
    backend === "" ? "–" : backend,
    session.phase,
    formatAge(Date.now() - session.startedAtMs),
    formatBytes(session.bytesIn),
    formatBytes(session.bytesOut),
    formatMs(connectTimeMs < 0 ? undefined : connectTimeMs),
    String(session.retries),
  ];
}

function parseLimit(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit > 0) return limit;
  throw new UsageError(`${quote(text)} is not a limit: expected 1 or more`, "sessions");
}
