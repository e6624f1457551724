import { CONTESTANT_NAMES, REFERENCE } from "../contestants/contestant.ts";
import type { Load } from "../loads/load.ts";
import { alignColumns } from "./align_columns.ts";
import { figureLabel } from "./figure_label.ts";
import { formatRatio } from "./format.ts";
import type { Summary } from "./summary.ts";

/** Writes only the ratios to HAProxy: a row for each figure, a column for each contestant. */
export function renderRatios(summaries: readonly Summary[], loads: readonly Load[]): string {
  const takesPart = summaries.some(({ contestant }) => contestant === REFERENCE);
  if (!takesPart) return `Ratios to ${REFERENCE}: none, as ${REFERENCE} did not take part`;
  return render(`Ratios to ${REFERENCE}`, "ratio", summaries, loads);
}

/** Writes how the figures have changed since the checkout that this one is compared with. */
export function renderChanges(summaries: readonly Summary[], loads: readonly Load[]): string {
  return render("Ratios to the checkout before", "change", summaries, loads);
}

function render(
  title: string,
  field: "ratio" | "change",
  summaries: readonly Summary[],
  loads: readonly Load[],
): string {
  const present = new Set(
    summaries.filter((summary) => summary[field] !== null).map(({ contestant }) => contestant),
  );
  const columns = CONTESTANT_NAMES.filter((name) => present.has(name) && name !== REFERENCE);
  const rows = new Map<string, string[]>();
  for (const summary of summaries) {
    const column = columns.indexOf(summary.contestant);
    const ratio = summary[field];
    if (ratio === null || column < 0) continue;
    if (summary.step !== "" && summary.figure !== "cpuUs") continue;
    const label = rowLabel(summary, loads);
    let row = rows.get(label);
    if (row === undefined) {
      row = [`  ${label}`, ...columns.map(() => "-")];
      rows.set(label, row);
    }
    const { median, min, max } = ratio;
    row[column + 1] = summary.rounds === 1
      ? formatRatio(median)
      : `${formatRatio(median)} (${formatRatio(min)}..${formatRatio(max)})`;
  }
  const head = ["", ...columns];
  return [
    `${title}, round by round: median (least..most)`,
    ...alignColumns([head, ...rows.values()]),
  ].join("\n");
}

function rowLabel(summary: Summary, loads: readonly Load[]): string {
  const load = loads.find(({ name }) => name === summary.load);
  const what = figureLabel(summary.figure, load?.unit ?? "unit");
  const step = summary.step === "" ? "" : `, ${summary.step}`;
  return `${summary.workers}w ${summary.load}${step}: ${what}`;
}
