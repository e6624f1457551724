// @ts-check
/**
 * @import { HistoryView } from "../../metrics/history.ts"
 * @import { StatusView } from "../../metrics/status_view.ts"
 */
import { listSections } from "./sections.js";

/** The figures of a listener that are kept. */
export const LISTENER_FIELDS = /** @type {const} */ ([
  "active",
  "sessionsPerSecond",
  "refusedPerSecond",
]);

/** The figures of a pool that are kept; they are also what can be plotted. */
export const HISTORY_FIELDS = /** @type {const} */ ([
  "active",
  "sessionsPerSecond",
  "bytesInPerSecond",
  "bytesOutPerSecond",
  "connectTimeP50Ms",
  "connectTimeP99Ms",
  "errorsPerSecond",
]);

/** @typedef {typeof LISTENER_FIELDS[number]} ListenerField */
/** @typedef {typeof HISTORY_FIELDS[number]} HistoryField */
/** @typedef {(number | null)[]} Column */

/**
 * Whose traffic to plot: a listener's with that of its own pool, a listener's, or a pool's.
 *
 * @typedef {object} Choice
 * @property {string | undefined} listener its key
 * @property {string | undefined} pool its name
 */

/** How far back the plots go. */
export const HISTORY_SPAN_MS = 15 * 60_000;

/** A status is never this much older than the newest one, unless the clock was set back. */
const CLOCK_STEP_MS = 10_000;

/**
 * The traffic of each listener and pool in the last 15 minutes: the samples that Weir kept, and
 * those since.
 */
export class History {
  /** @type {number[]} seconds since 1970 */
  #times = [];
  /** @type {Map<string, Record<ListenerField, Column>>} by key; all columns as long as the times */
  #listeners = new Map();
  /** @type {Map<string, Record<HistoryField, Column>>} by name; likewise */
  #pools = new Map();
  /** The names of pools that are not just the one of the listener of the same name. */
  #apart = new Set();

  /**
   * Present and past listeners and pools, in the order in which a display shows them.
   *
   * @returns {Choice[]}
   */
  get choices() {
    const isOwn = (/** @type {string} */ name) =>
      this.#listeners.has(name) && this.#pools.has(name) && !this.#apart.has(name);
    return [
      ...Array.from(this.#listeners.keys(), (key) => ({
        listener: key,
        pool: isOwn(key) ? key : undefined,
      })),
      ...[...this.#pools.keys()].filter((name) => !isOwn(name))
        .map((pool) => ({ listener: undefined, pool })),
    ];
  }

  /**
   * Replaces everything with the samples that Weir has kept.
   *
   * @param {HistoryView} stored
   */
  load({ atMs, listeners, pools }) {
    this.#times = atMs.map((ms) => ms / 1000);
    this.#listeners = new Map(listeners.map((listener) => [
      listener.key,
      columnsOf(LISTENER_FIELDS, (field) => [...listener[field]]),
    ]));
    this.#pools = new Map(pools.map((pool) => [
      pool.name,
      columnsOf(HISTORY_FIELDS, (field) => [...pool[field]]),
    ]));
  }

  /**
   * Adds the figures of a status, unless they are already here.
   *
   * @param {StatusView} status
   */
  add(status) {
    const { atMs, listeners, pools } = status;
    this.#forgetAfter((atMs + CLOCK_STEP_MS) / 1000);
    const last = this.#times.at(-1) ?? 0;
    if (atMs / 1000 <= last) return;
    for (const { listener, pool } of listSections(status)) {
      if (pool === undefined) continue;
      if (listener === undefined) this.#apart.add(pool.name);
      else this.#apart.delete(pool.name);
    }
    append(
      this.#listeners,
      LISTENER_FIELDS,
      this.#times.length,
      new Map(listeners.map(({ key, figures, rates }) => [
        key,
        { active: figures.active, ...rates },
      ])),
    );
    append(
      this.#pools,
      HISTORY_FIELDS,
      this.#times.length,
      new Map(pools.map(({ name, figures, rates }) => [
        name,
        { active: figures.active, ...rates },
      ])),
    );
    this.#times.push(atMs / 1000);
    this.#forget((atMs - HISTORY_SPAN_MS) / 1000);
  }

  /**
   * The times, in seconds since 1970, and the columns of a choice or, without one, of everything:
   * the sums, and of connect times the largest. Sessions are those of listeners where there are any,
   * bytes and connect times those of pools, and errors are both.
   *
   * @param {readonly HistoryField[]} fields
   * @param {Choice} [choice]
   * @returns {[number[], ...Column[]]}
   */
  read(fields, choice) {
    const listeners = choice === undefined
      ? [...this.#listeners.values()]
      : pick(this.#listeners, choice.listener);
    const pools = choice === undefined ? [...this.#pools.values()] : pick(this.#pools, choice.pool);
    return [
      this.#times,
      ...fields.map((field) => {
        const ofPools = pools.map((columns) => columns[field]);
        switch (field) {
          case "active":
          case "sessionsPerSecond":
            return this.#merge(
              listeners.length === 0 ? ofPools : listeners.map((columns) => columns[field]),
              sum,
            );
          case "errorsPerSecond":
            return this.#merge(
              [...ofPools, ...listeners.map((columns) => columns.refusedPerSecond)],
              sum,
            );
          default:
            return this.#merge(ofPools, field.startsWith("connectTime") ? larger : sum);
        }
      }),
    ];
  }

  /**
   * @param {readonly Column[]} columns
   * @param {(a: number | null, b: number | null) => number | null} merge
   * @returns {Column}
   */
  #merge(columns, merge) {
    const [only] = columns;
    if (columns.length === 1 && only !== undefined) return only;
    return this.#times.map((_, index) =>
      columns.reduce(
        (total, column) => merge(total, column[index] ?? null),
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
    this.#listeners.clear();
    this.#pools.clear();
  }

  /** @param {number} oldest seconds since 1970 */
  #forget(oldest) {
    const count = this.#times.findIndex((time) => time >= oldest);
    if (count <= 0) return;
    this.#times.splice(0, count);
    drop(this.#listeners, LISTENER_FIELDS, count);
    drop(this.#pools, HISTORY_FIELDS, count);
  }
}

/**
 * Appends a sample to the columns of each subject, null where it is not there.
 *
 * @template {string} Field
 * @param {Map<string, Record<Field, Column>>} subjects
 * @param {readonly Field[]} fields
 * @param {number} count how many samples there are already
 * @param {ReadonlyMap<string, Readonly<Record<Field, number | null>>>} sample
 */
function append(subjects, fields, count, sample) {
  for (const name of sample.keys()) {
    if (subjects.has(name)) continue;
    subjects.set(name, columnsOf(fields, () => new Array(count).fill(null)));
  }
  for (const [name, columns] of subjects) {
    const row = sample.get(name);
    for (const field of fields) columns[field].push(row?.[field] ?? null);
  }
}

/**
 * Drops the oldest samples, and the subjects of which none is left.
 *
 * @template {string} Field
 * @param {Map<string, Record<Field, Column>>} subjects
 * @param {readonly Field[]} fields
 * @param {number} count
 */
function drop(subjects, fields, count) {
  for (const [name, columns] of subjects) {
    for (const field of fields) columns[field].splice(0, count);
    if (fields.every((field) => columns[field].every((value) => value === null))) {
      subjects.delete(name);
    }
  }
}

/**
 * @template T
 * @param {ReadonlyMap<string, T>} subjects
 * @param {string | undefined} name
 * @returns {T[]}
 */
function pick(subjects, name) {
  const one = name === undefined ? undefined : subjects.get(name);
  return one === undefined ? [] : [one];
}

/**
 * @template {string} Field
 * @param {readonly Field[]} fields
 * @param {(field: Field) => Column} columnOf
 * @returns {Record<Field, Column>}
 */
function columnsOf(fields, columnOf) {
  const entries = fields.map((field) => [field, columnOf(field)]);
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

/**
 * The larger of two figures, either of which may be missing.
 *
 * @param {number | null} a
 * @param {number | null} b
 * @returns {number | null}
 */
function larger(a, b) {
  if (a === null) return b;
  return b === null ? a : Math.max(a, b);
}
