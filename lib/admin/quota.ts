/** How many of something there may be at once. */
export class Quota {
  readonly #most: () => number;
  #taken = 0;

  /** @param most asked each time, as it may change */
  constructor(most: () => number) {
    this.#most = most;
  }

  /**
   * Takes a place, and returns the function that gives it back, which may be called any number of
   * times; nothing where all places are taken.
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
