import { formatAge, formatMs, formatRate } from "../../admin/dashboard/page/figures.js";
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatShare,
} from "../../admin/dashboard/page/figures.js";
import { listSections, type Section } from "../../admin/dashboard/page/sections.js";
import { wantedShares } from "../../admin/dashboard/page/shares.js";
import { addUp } from "../../admin/dashboard/page/totals.js";
import {
  CONDITIONS,
  describeVerdict,
  findProblems,
  reasonOf,
} from "../../admin/dashboard/page/verdict.js";
import type { ListenerView, PoolView, StatusView } from "../../admin/metrics/status_view.ts";
import { listSome } from "../../base/list_some.ts";
import { maskControls } from "../../config/quote.ts";
import { formatTable, type TextColumn } from "./text_table.ts";

const COLUMNS: readonly TextColumn[] = [
  { title: "BACKEND" },
  { title: "STATE" },
  { title: "SHARE", isNumber: true },
  { title: "ASKED", isNumber: true },
  { title: "ACTIVE", isNumber: true },
  { title: "NEW/S", isNumber: true },
  { title: "BYTES/S", isNumber: true },
  { title: "P50", isNumber: true },
  { title: "P99", isNumber: true },
  { title: "LAST CHANGE" },
];

/** How many problems are listed without `--all`: more would hide the verdict. */
const MOST_PROBLEMS = 10;

/**
 * Formats a status for people, as plain text: the verdict first, then the listeners, and each pool
 * with its backends.
 *
 * @param listsAll whether every problem is listed, however many there are
 */
export function formatStatus(status: StatusView, listsAll = false): string {
  const problems = findProblems(status);
  const texts = problems.map(({ text }) => text);
  const most = listsAll ? Infinity : MOST_PROBLEMS;
  const totals = addUp(status);
  const lines = [
    `Weir ${status.version}, ${status.file}, up for ${
      formatAge(status.atMs - status.startedAtMs)
    }: ` +
    describeVerdict(problems).text.toLowerCase(),
    ...listSome(texts, most, "(--all lists them)").map((text) => `  ${text}`),
    `${formatCounted(totals.active, "session")}, ${formatRate(totals.sessionsPerSecond)} new/s, ` +
    `${formatBytes(totals.bytesInPerSecond)}/s in, ${
      formatBytes(totals.bytesOutPerSecond)
    }/s out, ` +
    `${formatRate(totals.errorsPerSecond)} errors/s`,
  ].map(maskControls);
  for (const section of listSections(status)) {
    lines.push("", maskControls(describeSection(section)));
    if (section.pool === undefined) continue;
    lines.push(
      ...formatTable(COLUMNS, backendRows(section.pool, status.atMs)).map((row) => `  ${row}`),
    );
  }
  return `${lines.join("\n")}\n`;
}

function describeSection({ listener, pool, users }: Section<ListenerView, PoolView>): string {
  const name = listener?.key ?? `pool ${pool?.name}`;
  if ((listener ?? pool)?.leaving) return `${name} was removed and is finishing its sessions`;
  if (listener !== undefined) {
    const where = `${name} listens on ${listener.addresses.join(", ")}`;
    return pool === undefined ? `${where}, pool ${listener.pool}` : where;
  }
  return users.length === 0
    ? `${name} is unused`
    : `${name} serves ${users.map(({ key }) => key).join(", ")}`;
}

function backendRows(pool: PoolView, nowMs: number): string[][] {
  const wanted = wantedShares(pool);
  const all = pool.backends.reduce((sum, { rates }) => sum + rates.sessionsPerSecond, 0);
  return pool.backends.map((backend) => {
    const { figures, rates, lastChange } = backend;
    const why = reasonOf(backend);
    return [
      backend.name,
      CONDITIONS[backend.condition].label,
      formatShare(all === 0 ? undefined : rates.sessionsPerSecond / all),
      formatShare(wanted.get(backend.id)),
      formatCount(figures.active),
      formatRate(rates.sessionsPerSecond),
      formatBytes(rates.bytesInPerSecond + rates.bytesOutPerSecond),
      formatMs(rates.connectTimeP50Ms),
      formatMs(rates.connectTimeP99Ms),
      lastChange === undefined ? "" : `${why}, ${formatAge(nowMs - lastChange.atMs)} ago`,
    ];
  });
}
