/** Runs changes that must not overlap (starts, restarts and reloads) one after another. */
export class ChangeQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs a change once the earlier ones are done, and returns its result. */
  run<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#last.then(change);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Waits for the changes queued so far, up to `patienceMs`. */
  async over(patienceMs: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, patienceMs);
    await Promise.race([this.#last, late.promise]);
    clearTimeout(timer);
  }
}
