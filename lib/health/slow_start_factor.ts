/** The least share of its weight, so that a backend with few sessions gets some at all. */
const LEAST_FACTOR = 0.1;
/** The formula counts at least this much time. */
const FIRST_MS = 1000;

/**
 * The share of its weight that a backend has in its slow start: `max(1 s, elapsed) / window`, at
 * least 0.1 and at most 1. This is Envoy's formula (`slow_start_config`) with an aggression of 1.
 *
 * @param elapsedMs since the backend came back
 * @param windowMs `slow_start`; 0 returns 1
 */
export function slowStartFactor(elapsedMs: number, windowMs: number): number {
  if (elapsedMs >= windowMs) return 1;
  return Math.min(1, Math.max(LEAST_FACTOR, Math.max(FIRST_MS, elapsedMs) / windowMs));
}
