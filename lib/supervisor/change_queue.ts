/** Runs changes that must not overlap one after the other: starts, restarts and reloads. */
export class ChangeQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs a change once those before it are over, and gives what came of it. */
  run<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#last.then(change);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Waits for the changes that were asked for so far, at most so long. */
  async over(patienceMs: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, patienceMs);
    await Promise.race([this.#last, late.promise]);
    clearTimeout(timer);
  }
}
