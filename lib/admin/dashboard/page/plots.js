// @ts-check
/// <reference lib="dom" />
/**
 * @import { Choice } from "./history.js"
 * @import { PlotKind } from "./plot.js"
 */
import { byId } from "./element.js";
import { formatBytes, formatCount, formatMs, formatRate } from "./figures.js";
import { History } from "./history.js";
import { Plot } from "./plot.js";

/** Steps of an axis for whole numbers. */
const WHOLE_STEPS = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power))
  .flat();

/** @type {readonly PlotKind[]} */
const KINDS = [
  {
    title: "Sessions",
    lines: [{ field: "active", label: "active", color: "--line-1" }],
    format: formatCount,
    increments: WHOLE_STEPS,
  },
  // Separate from the active ones: either may be a thousand times the other.
  {
    title: "New sessions",
    lines: [{ field: "sessionsPerSecond", label: "per second", color: "--line-1" }],
    format: formatRate,
  },
  {
    title: "Throughput",
    lines: [
      { field: "bytesOutPerSecond", label: "out", color: "--line-1" },
      { field: "bytesInPerSecond", label: "in", color: "--line-2", dash: [4, 3] },
    ],
    format: (value) => `${formatBytes(value)}/s`,
    increments: Array.from({ length: 50 }, (_, power) => 2 ** power),
  },
  {
    title: "Connect time",
    lines: [
      { field: "connectTimeP50Ms", label: "p50", color: "--line-1" },
      { field: "connectTimeP99Ms", label: "p99", color: "--line-2", dash: [4, 3] },
    ],
    format: formatMs,
  },
  {
    title: "Errors",
    lines: [{ field: "errorsPerSecond", label: "per second", color: "--line-3" }],
    format: formatRate,
  },
];

/** The plots, of everything or of one listener or pool. */
export class Plots {
  history = new History();
  #plots = KINDS.map((kind) => ({ kind, plot: new Plot(kind) }));
  #choice = byId("plots-listener", HTMLSelectElement);
  #scheduled = false;

  constructor() {
    byId("plots", HTMLElement).append(...this.#plots.map(({ plot }) => plot.element));
    this.#choice.addEventListener("change", () => this.update());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      for (const { plot } of this.#plots) plot.recolor();
    });
    document.addEventListener("visibilitychange", () => this.update());
  }

  /** Draws with the next frame; a hidden page is not drawn. */
  update() {
    if (this.#scheduled || document.hidden) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#offer();
      const choice = this.history.choices.find((one) => valueOf(one) === this.#choice.value);
      for (const { kind, plot } of this.#plots) {
        plot.update(this.history.read(kind.lines.map(({ field }) => field), choice));
      }
    });
  }

  /** Offers each listener, and each pool that is shown by itself. */
  #offer() {
    const { choices } = this.history;
    const present = [...this.#choice.options].slice(1).map(({ value }) => value);
    const wanted = choices.map(valueOf);
    if (present.join() === wanted.join()) return;
    const { value } = this.#choice;
    const [all] = this.#choice.options;
    const options = choices.map((choice) =>
      new Option(choice.listener ?? `pool ${choice.pool}`, valueOf(choice))
    );
    this.#choice.replaceChildren(...(all === undefined ? [] : [all]), ...options);
    this.#choice.value = wanted.includes(value) ? value : "";
  }
}

/**
 * The value of a choice in the form; that of all is empty.
 *
 * @param {Choice} choice
 */
function valueOf({ listener, pool }) {
  return listener === undefined ? `pool=${pool}` : `listener=${listener}`;
}
