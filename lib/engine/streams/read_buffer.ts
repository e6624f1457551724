import type { BufferShelves } from "./buffer_shelves.ts";

/** This many full reads in a row make a direction bulk. */
const FULL_READS_TO_BULK = 4;

/**
 * What one direction reads into: its own buffer, and a larger one that it borrows while it keeps
 * filling its own. So idle sessions stay small, and bulk data takes fewer turns.
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

  /** The buffer for the next read. What the last read returned must have been written by then. */
  next(): Uint8Array<ArrayBuffer> {
    if (this.#isBulk) return this.#borrowed ??= this.#shelves.bulk.take();
    if (this.#borrowed !== undefined) {
      this.#shelves.bulk.putBack(this.#borrowed);
      this.#borrowed = undefined;
    }
    return this.#own;
  }

  /** Call with the number of bytes that a read returned. */
  filled(length: number): void {
    this.#fullReads = length >= this.#own.length ? this.#fullReads + 1 : 0;
    this.#isBulk = this.#fullReads >= FULL_READS_TO_BULK;
  }

  /** Returns all buffers to their shelves. No read may be pending. */
  release(): void {
    if (this.#borrowed !== undefined) this.#shelves.bulk.putBack(this.#borrowed);
    this.#borrowed = undefined;
    this.#shelves.small.putBack(this.#own);
  }
}
