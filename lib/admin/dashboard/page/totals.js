// @ts-check
/**
 * @import { ListenerView, StatusView } from "../../metrics/status_view.ts"
 */

/**
 * The total traffic of several listeners.
 *
 * @typedef {object} Totals
 * @property {number} active sessions now
 * @property {number} sessionsPerSecond
 * @property {number} bytesInPerSecond
 * @property {number} bytesOutPerSecond
 * @property {number} errorsPerSecond
 * @property {number | null} connectTimeP50Ms of the slowest listener by this measure
 * @property {number | null} connectTimeP99Ms likewise
 */

/**
 * Adds up the traffic of listeners.
 *
 * @param {readonly ListenerView[]} listeners
 * @returns {Totals}
 */
export function addUp(listeners) {
  /** @type {Totals} */
  const totals = {
    active: 0,
    sessionsPerSecond: 0,
    bytesInPerSecond: 0,
    bytesOutPerSecond: 0,
    errorsPerSecond: 0,
    connectTimeP50Ms: null,
    connectTimeP99Ms: null,
  };
  for (const { figures, rates } of listeners) {
    totals.active += figures.active;
    totals.sessionsPerSecond += rates.sessionsPerSecond;
    totals.bytesInPerSecond += rates.bytesInPerSecond;
    totals.bytesOutPerSecond += rates.bytesOutPerSecond;
    totals.errorsPerSecond += rates.errorsPerSecond;
    totals.connectTimeP50Ms = larger(totals.connectTimeP50Ms, rates.connectTimeP50Ms);
    totals.connectTimeP99Ms = larger(totals.connectTimeP99Ms, rates.connectTimeP99Ms);
  }
  return totals;
}

/**
 * The larger of two figures, either of which may be missing.
 *
 * @param {number | null} a
 * @param {number | null} b
 * @returns {number | null}
 */
export function larger(a, b) {
  if (a === null) return b;
  return b === null ? a : Math.max(a, b);
}

/**
 * How many backends take sessions, and how many there are, without those that are leaving.
 *
 * @param {StatusView} status
 * @returns {{ readonly serving: number, readonly all: number }}
 */
export function countBackends(status) {
  const backends = status.listeners.flatMap((listener) => listener.backends)
    .filter(({ condition }) => condition !== "leaving");
  const serving = backends.filter(({ condition }) => condition === "up" || condition === "trial");
  return { serving: serving.length, all: backends.length };
}
