/** More idle bytes than this are left to the garbage collector. */
const MOST_IDLE_BYTES = 4 * 1024 * 1024;

/** This many full reads in a row make a direction bulk. */
const FULL_READS_TO_BULK = 4;
/** A direction in bulk reads this many times as much at a time. */
const BULK_FACTOR = 8;
/** The largest read that results from that. */
const LARGEST_BULK_BUFFER = 256 * 1024;

/**
 * Read buffers that sessions have finished with. Reusing one saves a session the zeroing of new
 * memory, and the garbage collector the work of finding it free.
 *
 * Ownership: a buffer belongs to its taker until it is put back, and it may be put back only when
 * no read into it is pending and what was read has been written.
 */
export class BufferShelf {
  readonly #size: number;
  readonly #mostIdle: number;
  readonly #idle: Uint8Array<ArrayBuffer>[] = [];

  /** @param size the length of every buffer, in bytes */
  constructor(size: number) {
    this.#size = size;
    this.#mostIdle = Math.floor(MOST_IDLE_BYTES / size);
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#idle.pop() ?? new Uint8Array(this.#size);
  }

  putBack(buffer: Uint8Array<ArrayBuffer>): void {
    if (this.#idle.length < this.#mostIdle) this.#idle.push(buffer);
  }
}

/** The read buffers of a listener's sessions. */
export class BufferShelves {
  /** `buffer_size` bytes: every direction holds one for as long as it lasts. */
  readonly small: BufferShelf;
  /** Larger ones, lent to directions that move bulk data. */
  readonly bulk: BufferShelf;

  readonly bufferSize: number;

  /** @param bufferSize `buffer_size` of the listener */
  constructor(bufferSize: number) {
    this.bufferSize = bufferSize;
    this.small = new BufferShelf(bufferSize);
    const bulkSize = Math.min(bufferSize * BULK_FACTOR, LARGEST_BULK_BUFFER);
    this.bulk = new BufferShelf(Math.max(bulkSize, bufferSize));
  }
}

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
