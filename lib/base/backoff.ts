/** How long to wait between attempts. */
export interface BackoffOptions {
  /** The first wait, in milliseconds. */
  readonly firstMs: number;
  /** The longest wait, in milliseconds. */
  readonly longestMs: number;
}

/** Exponential back-off: the wait doubles with each failure, up to a bound. */
export class Backoff {
  readonly #options: BackoffOptions;
  #nextMs: number;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#nextMs = options.firstMs;
  }

  /** Returns how long to wait now, in milliseconds, and doubles the next wait. */
  next(): number {
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(waitMs * 2, this.#options.longestMs);
    return waitMs;
  }

  /** Starts again from the first wait, after a success. */
  reset(): void {
    this.#nextMs = this.#options.firstMs;
  }
}
