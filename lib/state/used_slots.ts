import type { Layout } from "./layout.ts";

/**
 * Which slots hold anything: those that have ever had a worker, and the last one, which is the main
 * thread's. To read or clear others would only cost time, and memory that is never touched
 * otherwise.
 */
export class UsedSlots {
  readonly #cells: Int32Array;
  readonly #layout: Layout;
  /** What `all` returned last. */
  #slots: readonly number[] = [];

  constructor(buffer: SharedArrayBuffer, layout: Layout) {
    this.#cells = new Int32Array(buffer);
    this.#layout = layout;
  }

  /** Records that this many of the first slots are used. Called by the main thread only. */
  raise(count: number): void {
    if (count > this.#count) Atomics.store(this.#cells, this.#layout.usedSlots, count);
  }

  all(): readonly number[] {
    const last = this.#layout.workerSlots - 1;
    const workers = Math.min(this.#count, last);
    if (this.#slots.length !== workers + 1) {
      this.#slots = [...Array.from({ length: workers }, (_, slot) => slot), last];
    }
    return this.#slots;
  }

  get #count(): number {
    return Atomics.load(this.#cells, this.#layout.usedSlots);
  }
}
