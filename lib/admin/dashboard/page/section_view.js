// @ts-check
/// <reference lib="dom" />
/**
 * @import { BackendView, ListenerView, PoolView } from "../../metrics/status_view.ts"
 * @import { Section } from "./sections.js"
 * @import { ShareMeter } from "./shares.js"
 */
import { BackendRow } from "./backend_row.js";
import { copyOf, part, setText } from "./element.js";
import { formatBytes, formatCount, formatCounted, formatRate } from "./figures.js";

/** A listener, a pool with the table of its backends, or both if the pool is the listener's own. */
export class SectionView {
  element = copyOf("section-template");
  /** What the filter searches besides the texts of the rows. */
  #words = "";
  /** @type {Map<string, BackendRow>} by the id of the backend */
  #rows = new Map();
  #about = part(this.element, "about", HTMLElement);
  #flow = part(this.element, "flow", HTMLElement);
  #table = part(this.element, "table", HTMLElement);
  #body = part(this.element, "rows", HTMLElement);
  #onMode;

  /**
   * @param {Section<ListenerView, PoolView>} section
   * @param {(backendId: string, mode: string) => void} onMode
   */
  constructor({ id, listener, pool }, onMode) {
    this.#onMode = onMode;
    const heading = part(this.element, "key", HTMLElement);
    heading.id = id;
    setText(heading, listener?.key ?? `Pool ${pool?.name}`);
    this.element.setAttribute("aria-labelledby", id);
    this.#table.setAttribute("aria-labelledby", id);
  }

  /**
   * @param {Section<ListenerView, PoolView>} section
   * @param {ShareMeter} meter
   * @param {number} nowMs milliseconds since 1970, by the clock of Weir
   */
  update(section, meter, nowMs) {
    const { listener, pool, users } = section;
    this.#words = [listener?.key, pool?.name, ...users.map(({ key }) => key)].join(" ")
      .toLowerCase();
    setText(this.#about, describe(section).join(", "));
    setText(this.#flow, describeFlow(section).join(" · "));
    this.#table.hidden = pool === undefined;
    const backends = pool?.backends ?? [];
    this.#arrange(backends);
    for (const backend of backends) {
      this.#rows.get(backend.id)?.update(backend, meter.of(backend.id), nowMs);
    }
  }

  /**
   * Shows the rows that contain the words, and the section if there are any. A section without rows
   * is shown if its own names contain them.
   *
   * @param {readonly string[]} words in lower case
   * @returns {number} how many rows are shown
   */
  filter(words) {
    let shown = 0;
    for (const row of this.#rows.values()) {
      const text = `${this.#words} ${row.words}`;
      const fits = words.every((word) => text.includes(word));
      row.element.hidden = !fits;
      if (fits) shown++;
    }
    const isNamed = this.#table.hidden && words.every((word) => this.#words.includes(word));
    this.element.hidden = shown === 0 && !isNamed;
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

/**
 * @param {Section<ListenerView, PoolView>} section
 * @returns {string[]}
 */
function describe({ listener, pool, users }) {
  const about = (listener ?? pool)?.leaving ? ["removed, finishing its sessions"] : [];
  if (about.length === 0) {
    if (listener !== undefined && pool === undefined) about.push(`pool ${listener.pool}`);
    if (listener === undefined) {
      about.push(users.length === 0 ? "unused" : `for ${users.map(({ key }) => key).join(", ")}`);
    }
    if (pool !== undefined) about.push(pool.algorithm.replaceAll("_", " "));
    if (listener !== undefined) about.push(`${listener.engine} engine`);
  }
  const addresses = listener?.addresses.join(", ") ?? "";
  return addresses === "" || addresses === listener?.key ? about : [addresses, ...about];
}

/**
 * @param {Section<ListenerView, PoolView>} section
 * @returns {string[]}
 */
function describeFlow({ listener, pool }) {
  // Clients where there is a listener: some are refused, or have no backend yet.
  const { figures: { active }, rates } = /** @type {ListenerView | PoolView} */ (listener ?? pool);
  const most = listener?.maxConnections ?? pool?.maxSessions ?? 0;
  const sessions = most === 0
    ? formatCounted(active, "session")
    : `${formatCount(active)} of ${formatCounted(most, "session")}`;
  const flow = [sessions, `${formatRate(rates.sessionsPerSecond)} new/s`];
  if (pool === undefined) return flow;
  const { bytesInPerSecond, bytesOutPerSecond } = pool.rates;
  flow.push(`${formatBytes(bytesInPerSecond + bytesOutPerSecond)}/s`);
  const { queued } = pool.figures;
  if (queued > 0) flow.push(`${formatCount(queued)} waiting`);
  return flow;
}
