import type { BufferShelves } from "./buffer_shelves.ts";

/** So many full reads in a row make a direction bulk. */
const FULL_READS_TO_BULK = 4;

/**
 * What one direction reads into: a buffer of its own, and a larger one that it borrows while it
 * fills its own again and again. Idle sessions so stay small, and bulk takes fewer turns.
 */
export class ReadBuffer {
  readonly #shelves: BufferShelves;
  readonly #own: Uint8Array<ArrayBuffer>;
  #borrowed: Uint8Array<ArrayBuffer> | undefined;
  #fullReads = 0;
  #isBulk = false;

  constructor(shelves: BufferShelves) {
    this.#shelves = shelves;
    this.#own = shelves.small.take();
  }

  /** The buffer for the next read. What the last one brought has to be written by then. */
  next(): Uint8Array<ArrayBuffer> {
    if (this.#isBulk) return this.#borrowed ??= this.#shelves.bulk.take();
    if (this.#borrowed !== undefined) {
      this.#shelves.bulk.putBack(this.#borrowed);
      this.#borrowed = undefined;
    }
    return this.#own;
  }

  /** Learns how much a read has brought. */
  filled(length: number): void {
    this.#fullReads = length >= this.#own.length ? this.#fullReads + 1 : 0;
    this.#isBulk = this.#fullReads >= FULL_READS_TO_BULK;
  }

  /** Gives all buffers back. No read may be pending. */
  release(): void {
    if (this.#borrowed !== undefined) this.#shelves.bulk.putBack(this.#borrowed);
    this.#borrowed = undefined;
    this.#shelves.small.putBack(this.#own);
  }
}
