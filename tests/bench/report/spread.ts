/** The median and the extremes of some values. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Returns the spread of one or more values; the median of an even number is the mean of the two.
 */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("Cannot spread an empty list");
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] as number;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] as number;
  return {
    median: (lower + upper) / 2,
    min: sorted[0] as number,
    max: sorted[sorted.length - 1] as number,
  };
}
