/** More idle bytes than this are left to the garbage collector. */
const MOST_IDLE_BYTES = 4 * 1024 * 1024;

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
