/** A limit on how many of something there are at once. */
export class Quota {
  readonly #most: () => number;
  #taken = 0;

  /** @param most called each time, because the limit may change */
  constructor(most: () => number) {
    this.#most = most;
  }

  /**
   * Takes a place, and returns a function that releases it, which may be called any number of
   * times; returns `undefined` if all places are taken.
   */
  take(): (() => void) | undefined {
    if (this.#taken >= this.#most()) return undefined;
    this.#taken++;
    let isTaken = true;
    return () => {
      if (isTaken) this.#taken--;
      isTaken = false;
    };
  }
}
