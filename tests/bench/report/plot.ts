import { type ContestantName, REFERENCE } from "../contestants/contestant.ts";
import type { Load } from "../loads/load.ts";
import type { FigureName } from "../sample.ts";
import { figureLabel } from "./figure_label.ts";
import { formatFigure, formatRatio } from "./format.ts";
import { describeMachine } from "./machine.ts";
import type { Report } from "./report.ts";
import type { Summary } from "./summary.ts";

const WIDTH = 880;
const COLUMNS = 2;
const MARGIN = 20;
const PANEL_WIDTH = (WIDTH - (COLUMNS + 1) * MARGIN) / COLUMNS;
const LABEL_WIDTH = 92;
const VALUE_WIDTH = 118;
const BAR_HEIGHT = 18;
const BAR_STEP = 24;
const PANEL_HEAD = 50;
const HEAD = 52;
const FOOT = 64;

/** The panels: a load and the figure that matters most in it. */
const PANELS: readonly (readonly [load: string, figure: FigureName])[] = [
  ["connections", "cpuUs"],
  ["connections", "p99Us"],
  ["requests", "cpuUs"],
  ["requests", "p99Us"],
  ["download", "cpuUs"],
  ["upload", "cpuUs"],
  ["idle", "memoryKib"],
];

const COLOURS: Readonly<Record<ContestantName, string>> = {
  "direct": "#8c8c8c",
  "haproxy": "#7a869a",
  "nginx": "#a08a5b",
  "before-streams": "#9cc3f0",
  "weir-streams": "#2f7ed8",
  "before-native": "#92d3bb",
  "weir-native": "#1f9d6b",
};

const STYLE = `
  .ground { fill: #ffffff } .text { fill: #1f2328 } .faint { fill: #59636e }
  .line { stroke: #59636e } .whisker { stroke: #1f2328 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .text { fill: #e6edf3 } .faint { fill: #9198a1 }
    .line { stroke: #9198a1 } .whisker { stroke: #e6edf3 }
  }
  text { font: 12px system-ui, sans-serif } .title { font-weight: 600; font-size: 13px }
  .head { font-weight: 600; font-size: 16px }`;

/** Draws the ratios to HAProxy as horizontal bars, in SVG that follows the reader's theme. */
export function renderPlot(report: Report, loads: readonly Load[]): string {
  const panels: Summary[][] = [];
  for (const workers of new Set(report.summaries.map((one) => one.workers))) {
    for (const [load, figure] of PANELS) {
      const bars = report.summaries.filter((one) =>
        one.workers === workers && one.load === load && one.figure === figure && one.ratio !== null
      );
      if (bars.length > 0) panels.push(bars);
    }
  }
  const body: string[] = [];
  let top = HEAD;
  for (let index = 0; index < panels.length; index += COLUMNS) {
    const row = panels.slice(index, index + COLUMNS);
    row.forEach((bars, column) => {
      const left = MARGIN + column * (PANEL_WIDTH + MARGIN);
      body.push(`<g transform="translate(${left} ${top})">`, ...panel(bars, loads), "</g>");
    });
    top += PANEL_HEAD + Math.max(...row.map((bars) => bars.length)) * BAR_STEP + MARGIN;
  }
  return wrap(report, body, top + FOOT);
}

function wrap(report: Report, body: readonly string[], height: number): string {
  const [machine, versions] = describeMachine(report.machine);
  const foot = [machine, versions, `${report.startedAt}, median of ${report.rounds} rounds`];
  const head = `Ratio to HAProxy (HAProxy = 1.00, less is better)`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `width="${WIDTH}" height="${height}" role="img" aria-label="${escapeText(head)}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}"/>`,
    text(MARGIN, 30, head, { class: "text head" }),
    ...body,
    ...foot.map((line, index) => {
      return text(MARGIN, height - FOOT + 16 + index * 17, line, { class: "faint" });
    }),
    "</svg>",
  ].join("\n") + "\n";
}

function panel(bars: readonly Summary[], loads: readonly Load[]): string[] {
  const first = bars[0] as Summary;
  const load = loads.find(({ name }) => name === first.load);
  const workers = `${first.workers} ${first.workers === 1 ? "worker" : "workers"}`;
  const figure = figureLabel(first.figure, load?.unit ?? "unit");
  const room = PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const scale = room / Math.max(1, ...bars.map(({ ratio }) => ratio?.max ?? 0));
  const out = [
    text(0, 14, `${load?.title ?? first.load}, ${workers}`, { class: "text title" }),
    text(0, 31, figure, { class: "faint" }),
  ];
  bars.forEach((bar, index) => out.push(...drawBar(bar, PANEL_HEAD + index * BAR_STEP - 8, scale)));
  const x = round(LABEL_WIDTH + scale);
  const bottom = PANEL_HEAD + bars.length * BAR_STEP - 8;
  out.push(
    `<line class="line" x1="${x}" y1="${PANEL_HEAD - 12}" x2="${x}" y2="${bottom}" ` +
      `stroke-dasharray="3 3"/>`,
  );
  return out;
}

function drawBar(bar: Summary, y: number, scale: number): string[] {
  const ratio = bar.ratio ?? { median: 0, min: 0, max: 0 };
  const middle = y + BAR_HEIGHT / 2;
  const end = round(LABEL_WIDTH + ratio.max * scale);
  const value = `${formatRatio(ratio.median)} (${formatFigure(bar.figure, bar.value.median)})`;
  const out = [
    text(LABEL_WIDTH - 6, middle + 4, bar.contestant, { class: "text", anchor: "end" }),
    `<rect x="${LABEL_WIDTH}" y="${y}" width="${round(Math.max(0, ratio.median) * scale)}" ` +
    `height="${BAR_HEIGHT}" rx="2" fill="${COLOURS[bar.contestant]}"/>`,
    text(PANEL_WIDTH - VALUE_WIDTH + 10, middle + 4, value, { class: "text" }),
  ];
  if (bar.contestant !== REFERENCE && ratio.max > ratio.min) {
    const start = round(LABEL_WIDTH + Math.max(0, ratio.min) * scale);
    out.push(`<line class="whisker" x1="${start}" y1="${middle}" x2="${end}" y2="${middle}"/>`);
  }
  return out;
}

function text(
  x: number,
  y: number,
  content: string,
  options: { class: string; anchor?: string },
): string {
  const anchor = options.anchor === undefined ? "" : ` text-anchor="${options.anchor}"`;
  return `<text class="${options.class}" x="${round(x)}" y="${round(y)}"${anchor}>` +
    `${escapeText(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeText(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
