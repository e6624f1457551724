import { BACKEND_TALLIES, BackendTally, LISTENER_TALLIES, ListenerTally } from "./counters.ts";

/**
 * A distribution that is kept beside the tallies: one more column for each bucket, and a tally for
 * the sum. Each worker counts in its own stripe, so a value costs two additions.
 */
export interface HistogramDefinition {
  /** The metric's name in base units, without the prefix. */
  readonly metric: string;
  readonly help: string;
  /** Its name in displays. */
  readonly label: string;
  /** The upper ends of the buckets in the stored unit, smallest first; one more has no end. */
  readonly bounds: readonly number[];
  /** The factor from the stored unit to the metric's base unit. */
  readonly scale: number;
  /** The tally that holds the sum. */
  readonly sum: number;
  /** The column of the first bucket; bucket columns follow the tallies. */
  readonly column: number;
}

/** How long it took to connect to a backend, in milliseconds. */
export const CONNECT_TIME: HistogramDefinition = {
  metric: "connect_time_seconds",
  help: "Time taken to connect to the backend, for each connected session.",
  label: "Connect time",
  bounds: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000],
  scale: 0.001,
  sum: BackendTally.connectTimeSumMs,
  column: Object.keys(BACKEND_TALLIES).length,
};

/** How long a listener's sessions lasted, in milliseconds. */
export const SESSION_DURATION: HistogramDefinition = {
  metric: "session_duration_seconds",
  help: "How long sessions lasted, from accepting the client to the end of both directions.",
  label: "Session duration",
  bounds: [10, 100, 500, 1e3, 5e3, 10e3, 30e3, 60e3, 300e3, 900e3, 3600e3, 14400e3, 86400e3],
  scale: 0.001,
  sum: ListenerTally.durationSumMs,
  column: Object.keys(LISTENER_TALLIES).length,
};

/** How many tallies and buckets each backend and each listener has. */
export const BACKEND_TALLY_COLUMNS = CONNECT_TIME.column + bucketCount(CONNECT_TIME);
export const LISTENER_TALLY_COLUMNS = SESSION_DURATION.column + bucketCount(SESSION_DURATION);

/** How many buckets a histogram has. */
export function bucketCount({ bounds }: HistogramDefinition): number {
  return bounds.length + 1;
}

/** The column that counts a value. */
export function bucketColumn({ bounds, column }: HistogramDefinition, value: number): number {
  let index = 0;
  while (index < bounds.length && value > (bounds[index] as number)) index++;
  return column + index;
}

/**
 * Estimates a quantile, 0 to 1, by linear interpolation within the bucket that it falls into, as
 * Prometheus' `histogram_quantile` does. Values beyond the last bound count as that bound.
 *
 * @param counts how many values each bucket has, not cumulative
 * @returns `undefined` if there are no values
 */
export function estimateQuantile(
  { bounds }: HistogramDefinition,
  counts: ArrayLike<number>,
  quantile: number,
): number | undefined {
  let total = 0;
  for (let index = 0; index < counts.length; index++) total += counts[index] as number;
  if (total <= 0) return undefined;
  const rank = quantile * total;
  let before = 0;
  for (let index = 0; index < bounds.length; index++) {
    const count = counts[index] as number;
    if (count > 0 && before + count >= rank) {
      const lower = index === 0 ? 0 : bounds[index - 1] as number;
      const upper = bounds[index] as number;
      // Rounding must not carry the estimate out of the bucket.
      return Math.min(upper, lower + (upper - lower) * (Math.max(0, rank - before) / count));
    }
    before += count;
  }
  return bounds.at(-1);
}
