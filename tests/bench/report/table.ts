import type { Load } from "../loads/load.ts";
import { figureLabel } from "./figure_label.ts";
import { formatFigure, formatRatio } from "./format.ts";
import { describeMachine } from "./machine.ts";
import { renderChanges, renderRatios } from "./ratio_table.ts";
import type { Report } from "./report.ts";
import type { Summary } from "./summary.ts";
import { alignColumns } from "./align_columns.ts";
import { renderSystemCalls } from "./system_call_table.ts";

/** Writes the whole report as text: a block for each load, the ratios, the machine. */
export function renderTable(report: Report, loads: readonly Load[]): string {
  const blocks: string[] = [];
  const keys = new Map(report.summaries.map((one) => [blockKey(one), one]));
  for (const [key, first] of keys) {
    const load = loads.find(({ name }) => name === first.load);
    if (load === undefined || load.name === "system_calls") continue;
    blocks.push(renderBlock(load, report.summaries.filter((one) => blockKey(one) === key)));
  }
  const calls = report.samples.filter(({ load }) => load === "system_calls");
  if (calls.length > 0) blocks.push(renderSystemCalls(calls));
  blocks.push(renderRatios(report.summaries, loads));
  if (report.summaries.some(({ change }) => change !== null)) {
    blocks.push(renderChanges(report.summaries, loads));
  }
  if (report.problems.length > 0) {
    blocks.push(["Missing or failed", ...report.problems.map((one) => `  ${one}`)].join("\n"));
  }
  const how = report.effort === "quick" ? "; a quick run, whose figures say little" : "";
  blocks.push([...describeMachine(report.machine), `${report.startedAt}${how}`].join("\n"));
  return blocks.join("\n\n") + "\n";
}

function blockKey({ workers, load, series }: Summary): string {
  return JSON.stringify([workers, load, series]);
}

/** With steps there are many rows, so the other figures are only in the JSON. */
function isShownForSteps({ figure }: Summary): boolean {
  return figure === "cpuUs" || figure === "p99Us";
}

function renderBlock(load: Load, summaries: readonly Summary[]): string {
  const { workers, series } = summaries[0] as Summary;
  const rounds = Math.max(...summaries.map((one) => one.rounds));
  const name = series === "" ? load.title : `${load.title}: ${series}`;
  const title = `${name}, ${workers} ${workers === 1 ? "worker" : "workers"}`;
  const about = `${load.note}; ${rounds} ${rounds === 1 ? "round" : "rounds"}`;
  const hasSteps = summaries.some(({ step }) => step !== "");
  const heads = ["median", "least", "most", "to haproxy", ...(hasSteps ? ["to the first"] : [])];
  const shown = hasSteps ? summaries.filter(isShownForSteps) : summaries;
  const rows: string[][] = [];
  for (const figure of new Set(shown.map((one) => one.figure))) {
    rows.push([`  ${figureLabel(figure, load.unit)}`, ...(rows.length === 0 ? heads : [])]);
    for (const one of summaries.filter((other) => other.figure === figure)) {
      const { median, min, max } = one.value;
      const values = [median, min, max].map((value) => formatFigure(figure, value));
      const label = one.step === "" ? one.contestant : `${one.contestant}, ${one.step}`;
      const growth = hasSteps ? [formatRatio(one.growth)] : [];
      rows.push([`    ${label}`, ...values, formatRatio(one.ratio?.median ?? null), ...growth]);
    }
  }
  return [title, `  ${about}`, ...alignColumns(rows)].join("\n");
}
