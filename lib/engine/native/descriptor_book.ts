const BITS = 32;

/**
 * Which descriptors a worker has open, in memory that the main thread sees too: should the thread
 * hang, the main thread takes its connections from it.
 *
 * Only the worker writes. It enters a number once the kernel has given it, and strikes it out before
 * it is closed, so that no number in the book is ever anybody else's.
 */
export class DescriptorBook {
  readonly #words: Int32Array;

  /** @param words shared memory; a bit for each number, from 0 on */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** Enters a descriptor. Numbers beyond the book's end are not kept. */
  enter(descriptor: number): void {
    const at = descriptor >>> 5;
    const words = this.#words;
    if (at < words.length) words[at] = (words[at] as number) | 1 << (descriptor & BITS - 1);
  }

  /** Strikes a descriptor out. */
  strike(descriptor: number): void {
    const at = descriptor >>> 5;
    const words = this.#words;
    if (at < words.length) words[at] = (words[at] as number) & ~(1 << (descriptor & BITS - 1));
  }

  /** Forgets all. */
  clear(): void {
    this.#words.fill(0);
  }

  /** The descriptors in the book, in ascending order. */
  *[Symbol.iterator](): Generator<number> {
    for (const [at, word] of this.#words.entries()) {
      if (word === 0) continue;
      for (let bit = 0; bit < BITS; bit++) {
        if ((word & 1 << bit) !== 0) yield at * BITS + bit;
      }
    }
  }
}
