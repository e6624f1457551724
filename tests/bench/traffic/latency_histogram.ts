const BUCKETS_PER_OCTAVE = 64;
const OCTAVES = 27;

/**
 * Counts latencies in buckets that are each about 1.1 % wide, from 1 microsecond to 134 seconds.
 * Recording allocates nothing.
 */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKETS_PER_OCTAVE * OCTAVES);
  #total = 0;

  /** How many latencies were recorded. */
  get total(): number {
    return this.#total;
  }

  /** Counts one latency in microseconds; values outside the range count at its edge. */
  record(latencyUs: number): void {
    const position = Math.floor(Math.log2(latencyUs) * BUCKETS_PER_OCTAVE);
    const last = this.#counts.length - 1;
    const index = position > 0 ? Math.min(position, last) : 0;
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#total += 1;
  }

  /**
   * Returns the latency in microseconds that the share of all latencies (0 to 1) does not exceed,
   * as the middle of its bucket; 0 if nothing was recorded.
   */
  quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(this.#total * share));
    let seen = 0;
    for (let index = 0; index < this.#counts.length; index += 1) {
      seen += this.#counts[index] as number;
      if (seen >= rank) return 2 ** ((index + 0.5) / BUCKETS_PER_OCTAVE);
    }
    return 0;
  }
}
