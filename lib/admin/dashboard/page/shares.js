// @ts-check
/**
 * @import { BackendView, PoolView, StatusView } from "../../metrics/status_view.ts"
 */

/**
 * How much of its pool's traffic a backend gets.
 *
 * @typedef {object} Share
 * @property {number | undefined} actual of the pool's new sessions of the last half minute or
 *   so, 0 to 1; undefined without any
 * @property {number | undefined} wanted the share by its weight among those that take sessions;
 *   undefined if it has none
 */

/** The time after which a session counts half as much. */
const HALF_LIFE_MS = 20_000;
/** Fewer sessions than this, with old ones counted in part, are too few to show shares. */
const LEAST_SESSIONS = 0.5;

/** @type {Share} */
const NO_SHARE = Object.freeze({ actual: undefined, wanted: undefined });

/** Determines from successive statuses how the sessions are shared. */
export class ShareMeter {
  /** @type {Map<string, { readonly total: number, readonly recent: number }>} by backend id */
  #counts = new Map();
  /** @type {Map<string, Share>} by backend id */
  #shares = new Map();
  #startedAtMs = 0;
  #atMs = 0;

  /**
   * Takes over a newer status.
   *
   * @param {StatusView} status
   */
  add(status) {
    // Weir was restarted, so the earlier counts are meaningless.
    if (status.startedAtMs !== this.#startedAtMs) this.#counts.clear();
    const factor = 0.5 ** (Math.max(0, status.atMs - this.#atMs) / HALF_LIFE_MS);
    this.#startedAtMs = status.startedAtMs;
    this.#atMs = status.atMs;
    /** @type {Map<string, { readonly total: number, readonly recent: number }>} */
    const counts = new Map();
    this.#shares.clear();
    for (const pool of status.pools) {
      let sum = 0;
      for (const { id, figures: { sessions } } of pool.backends) {
        const before = this.#counts.get(id);
        const grown = before === undefined ? 0 : Math.max(0, sessions - before.total);
        const recent = (before?.recent ?? 0) * factor + grown;
        counts.set(id, { total: sessions, recent });
        sum += recent;
      }
      const wanted = wantedShares(pool);
      for (const { id } of pool.backends) {
        const recent = counts.get(id)?.recent ?? 0;
        const actual = sum < LEAST_SESSIONS ? undefined : recent / sum;
        this.#shares.set(id, { actual, wanted: wanted.get(id) });
      }
    }
    this.#counts = counts;
  }

  /**
   * @param {string} backendId
   * @returns {Share}
   */
  of(backendId) {
    return this.#shares.get(backendId) ?? NO_SHARE;
  }
}

/**
 * The share of a pool's new sessions that each backend should get by its weight, by id. Only
 * backends that take sessions now have one; backups only while there are no others.
 *
 * @param {PoolView} pool
 * @returns {Map<string, number>}
 */
export function wantedShares(pool) {
  const serving = pool.backends.filter(takesSessions);
  const primary = serving.filter(({ backup }) => !backup);
  const tier = primary.length > 0 ? primary : serving;
  /** @param {BackendView} backend */
  const portion = ({ weight }) => pool.algorithm === "round_robin" ? 1 : weight;
  const total = tier.reduce((sum, backend) => sum + portion(backend), 0);
  return new Map(tier.map((backend) => [backend.id, portion(backend) / total]));
}

/**
 * Whether a backend currently takes new sessions.
 *
 * @param {BackendView} backend
 * @returns {boolean}
 */
export function takesSessions({ condition, weight }) {
  return weight > 0 && (condition === "up" || condition === "trial");
}
