/** An answer is reused for this many times the time that it took to make. */
const REUSE_FACTOR = 10;

/**
 * An answer that is shared by all who ask at about the same time: however many ask, making it takes
 * at most a tenth of the time. If requests are rare, each answer is a new one.
 */
export class Reused<T> {
  readonly #make: () => T;
  #value: T | undefined;
  #freshUntilMs = -Infinity;

  /** @param make makes the answer; if that is a promise, all who ask meanwhile wait for it */
  constructor(make: () => T) {
    this.#make = make;
  }

  get(): T {
    const startMs = performance.now();
    if (startMs < this.#freshUntilMs && this.#value !== undefined) return this.#value;
    const value = this.#make();
    this.#value = value;
    if (value instanceof Promise) {
      this.#freshUntilMs = Infinity;
      const settle = (): void => this.#made(startMs, value);
      value.then(settle, settle);
    } else {
      this.#made(startMs, value);
    }
    return value;
  }

  /** Makes the next answer a new one, because something has changed. */
  forget(): void {
    this.#value = undefined;
    this.#freshUntilMs = -Infinity;
  }

  #made(startMs: number, value: T): void {
    if (value !== this.#value) return;
    const nowMs = performance.now();
    this.#freshUntilMs = nowMs + REUSE_FACTOR * (nowMs - startMs);
  }
}
