// @ts-check
/// <reference lib="dom" />
/**
 * @import UPlot from "uplot"
 * @import { HistoryField } from "./history.js"
 */
import { copyOf, part, setAttribute, setText } from "./element.js";
import { formatClock, NONE } from "./figures.js";
import { HISTORY_SPAN_MS } from "./history.js";

/**
 * @typedef {object} PlotLine
 * @property {HistoryField} field
 * @property {string} label
 * @property {string} color a custom property of the style sheet
 * @property {readonly number[]} [dash]
 */

/**
 * @typedef {object} PlotKind
 * @property {string} title
 * @property {readonly PlotLine[]} lines
 * @property {(value: number) => string} format
 * @property {readonly number[]} [increments] the steps that the axis may have, if those of the
 *   decimal system do not suit
 */

/** @typedef {[number[], ...(number | null)[][]]} PlotData */

const HEIGHT = 110;

/**
 * A plot of one or two figures over the last 15 minutes, with the values at its end or at the
 * cursor.
 */
export class Plot {
  element = copyOf("plot-template");
  #kind;
  #values = part(this.element, "values", HTMLElement);
  #canvas = part(this.element, "canvas", HTMLElement);
  /** @type {UPlot | undefined} */
  #plot;
  /** @type {PlotData} */
  #data;

  /** @param {PlotKind} kind */
  constructor(kind) {
    this.#kind = kind;
    this.#data = [[], ...kind.lines.map(() => [])];
    setText(part(this.element, "title", HTMLElement), kind.title);
    setAttribute(this.#canvas, "aria-label", `${kind.title}: nothing to show yet`);
    new ResizeObserver(() => this.#resize()).observe(this.#canvas);
  }

  /** @param {PlotData} data */
  update(data) {
    this.#data = data;
    this.#draw();
  }

  /** Draws with the current colours of the style sheet. */
  recolor() {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#draw();
  }

  #resize() {
    if (this.#plot === undefined) this.#draw();
    else this.#plot.setSize({ width: this.#canvas.clientWidth, height: HEIGHT });
  }

  #draw() {
    const width = this.#canvas.clientWidth;
    if (width === 0 || this.#data[0].length === 0) return;
    if (this.#plot === undefined) {
      const { uPlot } =
        /** @type {{ readonly uPlot: typeof UPlot }} */ (/** @type {unknown} */ (globalThis));
      this.#plot = new uPlot(this.#options(width), this.#data, this.#canvas);
    } else {
      this.#plot.setData(this.#data);
    }
    this.#describe(this.#plot.cursor.idx ?? undefined);
  }

  /**
   * Shows the values at the cursor, or the last ones.
   *
   * @param {number} [index]
   */
  #describe(index) {
    const { lines, format, title } = this.#kind;
    const [times, ...columns] = this.#data;
    const shown = index ?? times.length - 1;
    const values = lines.map(({ label }, line) => {
      const value = columns[line]?.[shown];
      return `${label} ${value === null || value === undefined ? NONE : format(value)}`;
    });
    const time = times[shown];
    const when = index === undefined || time === undefined ? "" : ` at ${formatClock(time * 1000)}`;
    const text = values.join(", ") + when;
    if (this.#values.dataset.text !== text) {
      this.#values.dataset.text = text;
      this.#values.replaceChildren(...this.#legend(values), when);
    }
    if (index === undefined) setAttribute(this.#canvas, "aria-label", `${title}: now ${text}`);
  }

  /** @param {readonly string[]} values */
  #legend(values) {
    return values.map((value, line) => {
      const item = document.createElement("span");
      item.className = `line line-${line + 1}`;
      item.textContent = value;
      return item;
    });
  }

  /**
   * @param {number} width
   * @returns {UPlot.Options}
   */
  #options(width) {
    const style = getComputedStyle(document.documentElement);
    /** @param {string} name */
    const color = (name) => style.getPropertyValue(name).trim();
    const { lines, format, increments } = this.#kind;
    const axis = {
      stroke: color("--muted"),
      font: `11px ${style.getPropertyValue("font-family")}`,
      grid: { stroke: color("--grid"), width: 1 },
      ticks: { show: false },
    };
    return {
      width,
      height: HEIGHT,
      // Room for half of a time at the right edge.
      padding: [8, 18, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      scales: {
        x: { range: (_plot, _least, last) => [last - HISTORY_SPAN_MS / 1000, last] },
        y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.15 : 1] },
      },
      axes: [
        { ...axis, size: 22, space: 45, values: (_plot, times) => times.map(formatMinute) },
        {
          ...axis,
          size: 58,
          space: 28,
          ...(increments === undefined ? {} : { incrs: [...increments] }),
          values: (_plot, values) => values.map((value) => shorten(format(value))),
        },
      ],
      series: [
        {},
        ...lines.map((line, index) => ({
          label: line.label,
          stroke: color(line.color),
          width: 1.5,
          points: { show: false },
          ...(line.dash === undefined ? {} : { dash: [...line.dash] }),
          ...(index === 0 ? { fill: color(`${line.color}-fill`) } : {}),
        })),
      ],
      hooks: { setCursor: [(plot) => this.#describe(plot.cursor.idx ?? undefined)] },
    };
  }
}

/** @param {string} label */
function shorten(label) {
  return label.replace(/(\.\d*?)0+(?!\d)/, "$1").replace(/\.(?!\d)/, "");
}

/** @param {number} time seconds since 1970 */
function formatMinute(time) {
  return formatClock(time * 1000).slice(0, 5);
}
