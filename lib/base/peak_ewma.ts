/**
 * Peak EWMA of a latency: a rise counts at once, a fall counts gradually. The formulas are those of
 * Finagle's PeakEwma. They keep no state: the caller stores the cost and the time of its last
 * observation, and passes both.
 *
 * @module
 */

/**
 * The time after which the weight of a sample has decayed to 1/e: 10 seconds, as in Linkerd for
 * TCP.
 */
export const DECAY_MS = 10_000;

/**
 * The cost after a new sample.
 *
 * @param costMs the cost so far; 0 if nothing was observed yet
 * @param sinceMs time since the last observation; negative counts as 0
 * @param sampleMs what was measured, 0 or more
 * @param decayMs the time constant, more than 0; {@default 10000}
 */
export function observe(
  costMs: number,
  sinceMs: number,
  sampleMs: number,
  decayMs = DECAY_MS,
): number {
  if (sampleMs >= costMs) return sampleMs;
  return sampleMs + decay(costMs - sampleMs, sinceMs, decayMs);
}

/**
 * The decayed cost `sinceMs` after the last observation. It falls towards 0, so that a backend that
 * was slow once is eventually tried again.
 */
export function decay(costMs: number, sinceMs: number, decayMs = DECAY_MS): number {
  return costMs * Math.exp(-Math.max(sinceMs, 0) / decayMs);
}
