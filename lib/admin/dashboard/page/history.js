// @ts-check
/**
 * @import { HistoryView } from "../../metrics/history.ts"
 * @import { StatusView } from "../../metrics/status_view.ts"
 */
import { addUp, larger } from "./totals.js";

/** The figures that are plotted. */
export const HISTORY_FIELDS = /** @type {const} */ ([
  "active",
  "sessionsPerSecond",
  "bytesInPerSecond",
  "bytesOutPerSecond",
  "connectTimeP50Ms",
  "connectTimeP99Ms",
  "errorsPerSecond",
]);

/** @typedef {typeof HISTORY_FIELDS[number]} HistoryField */
/** @typedef {Record<HistoryField, (number | null)[]>} Columns */

/** How far back the plots go. */
export const HISTORY_SPAN_MS = 15 * 60_000;

/** A status is never this much older than the newest one, unless the clock was set back. */
const CLOCK_STEP_MS = 10_000;

/**
 * The traffic of each listener in the last 15 minutes: the samples that Weir kept, and those since.
 */
export class History {
  /** @type {number[]} seconds since 1970 */
  #times = [];
  /** @type {Map<string, Columns>} by the listener's key; all columns are as long as the times */
  #columns = new Map();

  /** The keys of present and past listeners. */
  get keys() {
    return [...this.#columns.keys()];
  }

  /**
   * Replaces everything with the samples that Weir has kept.
   *
   * @param {HistoryView} stored
   */
  load({ atMs, listeners }) {
    this.#times = atMs.map((ms) => ms / 1000);
    this.#columns = new Map(listeners.map((listener) => [
      listener.key,
      columnsOf((field) => [...listener[field]]),
    ]));
  }

  /**
   * Adds the figures of a status, unless they are already here.
   *
   * @param {StatusView} status
   */
  add({ atMs, listeners }) {
    this.#forgetAfter((atMs + CLOCK_STEP_MS) / 1000);
    const last = this.#times.at(-1) ?? 0;
    if (atMs / 1000 <= last) return;
    const count = this.#times.length;
    const rows = new Map(listeners.map((listener) => [listener.key, addUp([listener])]));
    for (const key of rows.keys()) {
      if (this.#columns.has(key)) continue;
      this.#columns.set(key, columnsOf(() => new Array(count).fill(null)));
    }
    this.#times.push(atMs / 1000);
    for (const [key, columns] of this.#columns) {
      const row = rows.get(key);
      for (const field of HISTORY_FIELDS) columns[field].push(row?.[field] ?? null);
    }
    this.#forget((atMs - HISTORY_SPAN_MS) / 1000);
  }

  /**
   * The times, in seconds since 1970, and the columns of one listener or, without a key, of all of
   * them: their sum, and of connect times the largest.
   *
   * @param {readonly HistoryField[]} fields
   * @param {string} [key]
   * @returns {[number[], ...(number | null)[][]]}
   */
  read(fields, key) {
    const sources = key === undefined
      ? [...this.#columns.values()]
      : [this.#columns.get(key)].filter((columns) => columns !== undefined);
    return [this.#times, ...fields.map((field) => this.#merge(sources, field))];
  }

  /**
   * @param {readonly Columns[]} sources
   * @param {HistoryField} field
   * @returns {(number | null)[]}
   */
  #merge(sources, field) {
    const [only] = sources;
    if (sources.length === 1 && only !== undefined) return only[field];
    const merge = field.startsWith("connectTime") ? larger : sum;
    return this.#times.map((_, index) =>
      sources.reduce(
        (total, columns) => merge(total, columns[field][index] ?? null),
        /** @type {number | null} */ (null),
      )
    );
  }

  /**
   * Forgets everything if a sample is later than this, because the clock of Weir was set back.
   *
   * @param {number} latest seconds since 1970
   */
  #forgetAfter(latest) {
    if ((this.#times.at(-1) ?? 0) <= latest) return;
    this.#times = [];
    this.#columns.clear();
  }

  /** @param {number} oldest seconds since 1970 */
  #forget(oldest) {
    const count = this.#times.findIndex((time) => time >= oldest);
    if (count <= 0) return;
    this.#times.splice(0, count);
    for (const [key, columns] of this.#columns) {
      for (const field of HISTORY_FIELDS) columns[field].splice(0, count);
      if (columns.active.every((value) => value === null)) this.#columns.delete(key);
    }
  }
}

/**
 * @param {(field: HistoryField) => (number | null)[]} columnOf
 * @returns {Columns}
 */
function columnsOf(columnOf) {
  const entries = HISTORY_FIELDS.map((field) => [field, columnOf(field)]);
  return Object.fromEntries(entries);
}

/**
 * @param {number | null} a
 * @param {number | null} b
 * @returns {number | null}
 */
function sum(a, b) {
  if (a === null) return b;
  return b === null ? a : a + b;
}
