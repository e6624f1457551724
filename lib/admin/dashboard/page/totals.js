// @ts-check
/**
 * @import { StatusView } from "../../metrics/status_view.ts"
 */

/**
 * The total traffic of Weir.
 *
 * @typedef {object} Totals
 * @property {number} active sessions now
 * @property {number} sessionsPerSecond
 * @property {number} bytesInPerSecond
 * @property {number} bytesOutPerSecond
 * @property {number} errorsPerSecond those of the backends, and the clients that were refused
 */

/**
 * Adds up the traffic of all listeners and pools.
 *
 * @param {Pick<StatusView, "listeners" | "pools">} status
 * @returns {Totals}
 */
export function addUp({ listeners, pools }) {
  /** @type {Totals} */
  const totals = {
    active: 0,
    sessionsPerSecond: 0,
    bytesInPerSecond: 0,
    bytesOutPerSecond: 0,
    errorsPerSecond: 0,
  };
  for (const { figures, rates } of listeners) {
    totals.active += figures.active;
    totals.sessionsPerSecond += rates.sessionsPerSecond;
    totals.errorsPerSecond += rates.refusedPerSecond;
  }
  for (const { rates } of pools) {
    totals.bytesInPerSecond += rates.bytesInPerSecond;
    totals.bytesOutPerSecond += rates.bytesOutPerSecond;
    totals.errorsPerSecond += rates.errorsPerSecond;
  }
  return totals;
}

/**
 * How many backends take sessions, and how many there are, without those that are leaving.
 *
 * @param {StatusView} status
 * @returns {{ readonly serving: number, readonly all: number }}
 */
export function countBackends(status) {
  const backends = status.pools.flatMap((pool) => pool.backends)
    .filter(({ condition }) => condition !== "leaving");
  const serving = backends.filter(({ condition }) => condition === "up" || condition === "trial");
  return { serving: serving.length, all: backends.length };
}
