/** More idle buffers than this are left to the garbage collector. */
const MOST_IDLE_BUFFERS = 256;

/**
 * Read buffers that sessions have finished with. Taking one from here spares a new session the
 * zeroing of fresh memory, and the garbage collector the work of finding out that it is free.
 *
 * Ownership: a buffer belongs to whoever took it until it is put back, and it may only be put back
 * when no read into it is pending.
 */
export class BufferShelf {
  readonly #size: number;
  readonly #idle: Uint8Array<ArrayBuffer>[] = [];

  /** @param size the length of every buffer, in bytes */
  constructor(size: number) {
    this.#size = size;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#idle.pop() ?? new Uint8Array(this.#size);
  }

  putBack(buffer: Uint8Array<ArrayBuffer>): void {
    if (this.#idle.length < MOST_IDLE_BUFFERS) this.#idle.push(buffer);
  }
}
