/** However many ejections in a row there were, the next one is no longer. */
const LONGEST_EJECTION_MS = 300_000;
/** Up to so much longer, so that backends that failed together do not come back together. */
const JITTER = 0.1;

/**
 * How long an ejection lasts: `fail_timeout` times the number of ejections in a row, at most five
 * minutes, or `fail_timeout` itself where that is longer; and up to a tenth more.
 *
 * The rule is Envoy's (`base_ejection_time`, `max_ejection_time`).
 *
 * @param inRow 1 for the first one
 * @param random uniform in [0, 1)
 */
export function ejectionTimeMs(failTimeoutMs: number, inRow: number, random: number): number {
  const cap = Math.max(LONGEST_EJECTION_MS, failTimeoutMs);
  return Math.min(failTimeoutMs * inRow, cap) * (1 + JITTER * random);
}

/** What {@linkcode ejectionTimeMs} never exceeds. */
export function longestEjectionMs(failTimeoutMs: number): number {
  return Math.max(LONGEST_EJECTION_MS, failTimeoutMs) * (1 + JITTER);
}

/**
 * How many backends of a pool may be ejected at once: the share, rounded down, but one at least
 * where there are two or more, and never all of them. A share of 0 means none.
 */
export function mostEjected(backends: number, maxEjectedPercent: number): number {
  if (maxEjectedPercent === 0 || backends < 2) return 0;
  const share = Math.floor((backends * maxEjectedPercent) / 100);
  return Math.min(Math.max(1, share), backends - 1);
}
