/** A rate is the growth of a figure over at most this many samples. */
const RATE_LOOKS = 5;
/** A quantile is estimated from the values of at most this many samples. */
const LONGEST_LOOKS = 10;

/** Measures how fast counters grow, from their last samples. */
export class RateMeter {
  readonly #columns: number;
  /** The samples, each with its time followed by its figures; the oldest is overwritten. */
  readonly #ring: Float64Array;
  #looks = 0;

  /** @param columns how many figures there are */
  constructor(columns: number) {
    this.#columns = columns;
    this.#ring = new Float64Array((LONGEST_LOOKS + 1) * (columns + 1));
  }

  /** Adds a sample. If a figure has decreased, the counters were reset: sampling starts again. */
  look(atMs: number, figures: ArrayLike<number>): void {
    if (this.#looks > 0) {
      const last = this.#at(0);
      for (let column = 0; column < this.#columns; column++) {
        if ((figures[column] as number) < (this.#ring[last + 1 + column] as number)) {
          this.#looks = 0;
          break;
        }
      }
    }
    this.#looks++;
    const at = this.#at(0);
    this.#ring[at] = atMs;
    this.#ring.set(figures, at + 1);
  }

  /** The growth of a figure per second. */
  perSecond(column: number): number {
    const back = Math.min(RATE_LOOKS, this.#looks - 1);
    if (back < 1) return 0;
    const now = this.#at(0);
    const then = this.#at(back);
    const ms = (this.#ring[now] as number) - (this.#ring[then] as number);
    const growth = (this.#ring[now + 1 + column] as number) -
      (this.#ring[then + 1 + column] as number);
    return ms > 0 ? growth * 1000 / ms : 0;
  }

  /**
   * Adds, to `sums`, the growth of the figures from a column on, over the longest remembered time.
   */
  addGrowth(firstColumn: number, sums: Float64Array): void {
    const back = Math.min(LONGEST_LOOKS, this.#looks - 1);
    if (back < 1) return;
    const now = this.#at(0) + 1 + firstColumn;
    const then = this.#at(back) + 1 + firstColumn;
    for (let index = 0; index < sums.length; index++) {
      sums[index] = (sums[index] as number) + (this.#ring[now + index] as number) -
        (this.#ring[then + index] as number);
    }
  }

  /** The position of the sample taken that many samples ago. */
  #at(back: number): number {
    return ((this.#looks - 1 - back) % (LONGEST_LOOKS + 1)) * (this.#columns + 1);
  }
}
