import { AF_UNSPEC } from "./constants.ts";
import type { Libc } from "./libc.ts";

const BITS = 32;
/** An address of no family: connecting to it disconnects. */
const NOWHERE = Uint16Array.of(AF_UNSPEC, 0, 0, 0, 0, 0, 0, 0);

/**
 * Which descriptors a worker has open, in memory that the main thread can read: if the worker
 * hangs, the main thread takes its connections from it.
 *
 * Only the worker writes. It enters a descriptor once the kernel has returned it, and strikes it
 * out before closing it, so no number in the book ever belongs to anyone else.
 */
export class DescriptorBook {
  readonly #words: Int32Array;

  /** @param words shared memory; a bit for each number, from 0 on */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** Enters a descriptor. Numbers beyond the book's end are not recorded. */
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

  /** Clears the book. */
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

/**
 * Resets the connections of a worker that was given up, so that clients and backends need not wait
 * for a hung thread, and makes its sockets stop listening. The descriptor numbers stay taken.
 */
export function resetConnections(libc: Libc, book: DescriptorBook): void {
  const address = new Uint8Array(NOWHERE.buffer);
  for (const descriptor of book) libc.connect(descriptor, address, address.length);
}

/**
 * Closes what a worker that was given up had open. The worker must have had time to notice that it
 * was given up: no call that it began earlier may still be about to enter the kernel.
 */
export function closeDescriptors(libc: Libc, book: DescriptorBook): void {
  for (const descriptor of book) libc.close(descriptor);
  book.clear();
}
