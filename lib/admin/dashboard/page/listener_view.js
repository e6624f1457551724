// @ts-check
/// <reference lib="dom" />
/**
 * @import { BackendView, ListenerView as Listener } from "../../metrics/status_view.ts"
 * @import { ShareMeter } from "./shares.js"
 */
import { BackendRow } from "./backend_row.js";
import { copyOf, part, setText } from "./element.js";
import { formatBytes, formatCount, formatCounted, formatRate } from "./figures.js";

/** One listener with the table of its backends. */
export class ListenerView {
  element = copyOf("listener-template");
  /** @type {Map<string, BackendRow>} by the id of the backend */
  #rows = new Map();
  #about = part(this.element, "about", HTMLElement);
  #flow = part(this.element, "flow", HTMLElement);
  #body = part(this.element, "rows", HTMLElement);
  #onMode;

  /**
   * @param {Listener} listener
   * @param {(backendId: string, mode: string) => void} onMode
   */
  constructor(listener, onMode) {
    this.#onMode = onMode;
    const heading = part(this.element, "key", HTMLElement);
    heading.id = `listener-${listener.key}`;
    setText(heading, listener.key);
    this.element.setAttribute("aria-labelledby", heading.id);
    this.element.querySelector("table")?.setAttribute("aria-labelledby", heading.id);
  }

  /**
   * @param {Listener} listener
   * @param {ShareMeter} meter
   * @param {number} nowMs milliseconds since 1970, by the clock of Weir
   */
  update(listener, meter, nowMs) {
    const { address, algorithm, engine, figures, leaving, maxConnections, rates } = listener;
    const about = leaving
      ? ["removed, finishing its sessions"]
      : [algorithm.replaceAll("_", " "), `${engine} engine`];
    if (address !== listener.key) about.unshift(address);
    setText(this.#about, about.join(", "));
    const sessions = maxConnections === 0
      ? formatCounted(figures.active, "session")
      : `${formatCount(figures.active)} of ${formatCounted(maxConnections, "session")}`;
    setText(
      this.#flow,
      [
        sessions,
        `${formatRate(rates.sessionsPerSecond)} new/s`,
        `${formatBytes(rates.bytesInPerSecond + rates.bytesOutPerSecond)}/s`,
        ...(figures.queued > 0 ? [`${formatCount(figures.queued)} waiting`] : []),
      ].join(" · "),
    );
    this.#arrange(listener.backends);
    for (const backend of listener.backends) {
      this.#rows.get(backend.id)?.update(backend, meter.of(backend.id), nowMs);
    }
  }

  /**
   * Shows the rows that contain the words, and the listener if there are any.
   *
   * @param {readonly string[]} words in lower case
   * @returns {number} how many rows are shown
   */
  filter(words) {
    let shown = 0;
    for (const row of this.#rows.values()) {
      const fits = words.every((word) => row.words.includes(word));
      row.element.hidden = !fits;
      if (fits) shown++;
    }
    this.element.hidden = shown === 0;
    return shown;
  }

  /**
   * Creates a row for each backend, in their order; changes nothing while the backends stay the
   * same.
   *
   * @param {readonly BackendView[]} backends
   */
  #arrange(backends) {
    const ids = new Set(backends.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    backends.forEach((backend, index) => {
      let row = this.#rows.get(backend.id);
      if (row === undefined) {
        row = new BackendRow(backend, (mode) => this.#onMode(backend.id, mode));
        this.#rows.set(backend.id, row);
      }
      const present = this.#body.children[index] ?? null;
      if (present !== row.element) this.#body.insertBefore(row.element, present);
    });
  }
}
