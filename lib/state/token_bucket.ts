/** A bucket's times are in nanoseconds, so that a million tokens a second can be told apart. */
const SECOND_NS = 1_000_000_000;

/** How many tokens are added per second, and how many the bucket holds, as times. */
export interface TokenRate {
  /** The time in which one token is added. */
  readonly intervalNs: bigint;
  /** The time that a full bucket represents. */
  readonly depthNs: bigint;
}

/**
 * Returns the times for a rate. A bucket holds the tokens of one second, and at least one.
 *
 * @param perSecond more than 0; a fraction means that a token takes longer than a second
 */
export function tokenRate(perSecond: number): TokenRate {
  // Rounded up, so that what is admitted is never more than the rate.
  const intervalNs = BigInt(Math.ceil(SECOND_NS / perSecond));
  return { intervalNs, depthNs: intervalNs * BigInt(Math.max(1, Math.floor(perSecond))) };
}

/** Milliseconds since 1970 as a bucket's time. */
export function bucketTime(nowMs: number): bigint {
  // A double holds microseconds since 1970, but not nanoseconds.
  return BigInt(Math.floor(nowMs * 1000)) * 1000n;
}

/**
 * Takes a token from a bucket in shared memory, unless it is empty. Any thread may do so at any
 * time.
 *
 * The bucket is one cell: the time at which it will be full again (the generic cell rate algorithm,
 * ITU-T I.371, in its virtual scheduling form). A fresh cell is a full bucket. In any stretch of
 * time t, no more than depth + rate × t tokens are handed out.
 *
 * After a clock was set back, a cell may be further ahead than an empty bucket's; that counts as
 * empty, so the wait is never longer than for the first token.
 */
export function takeToken(
  cells: BigInt64Array,
  at: number,
  { intervalNs, depthNs }: TokenRate,
  nowNs: bigint,
): boolean {
  const emptyNs = nowNs + depthNs;
  for (;;) {
    const cell = Atomics.load(cells, at);
    const fullNs = cell > emptyNs ? emptyNs : cell > nowNs ? cell : nowNs;
    const nextNs = fullNs + intervalNs;
    if (nextNs > emptyNs) {
      // Stored, so that tokens are added from now on and not only once the clock has caught up.
      if (fullNs === cell || Atomics.compareExchange(cells, at, cell, fullNs) === cell) {
        return false;
      }
    } else if (Atomics.compareExchange(cells, at, cell, nextNs) === cell) {
      return true;
    }
  }
}

/**
 * Returns an unused token. Within the token's interval that leaves the bucket as if it had never
 * been taken.
 */
export function returnToken(cells: BigInt64Array, at: number, { intervalNs }: TokenRate): void {
  Atomics.sub(cells, at, intervalNs);
}
