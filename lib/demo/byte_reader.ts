const READ_SIZE = 4096;

/** Reads a connection into a growing buffer, from the front of which parsed bytes are taken. */
export class ByteReader {
  readonly #conn: Deno.Conn;
  #received = new Uint8Array(0);

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** The bytes received and not yet taken. */
  get received(): Uint8Array {
    return this.#received;
  }

  /** Waits for more bytes; returns false at the end of the stream. */
  async readMore(): Promise<boolean> {
    const chunk = new Uint8Array(READ_SIZE);
    const length = await this.#conn.read(chunk);
    if (length === null) return false;
    const joined = new Uint8Array(this.#received.length + length);
    joined.set(this.#received);
    joined.set(chunk.subarray(0, length), this.#received.length);
    this.#received = joined;
    return true;
  }

  /** Takes bytes from the front of the buffer. */
  take(length: number): Uint8Array {
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  /** Reads and discards bytes until the end of the stream, or until that many were read. */
  async discard(limit: number): Promise<void> {
    const chunk = new Uint8Array(READ_SIZE);
    for (let total = 0; total < limit;) {
      const length = await this.#conn.read(chunk);
      if (length === null) return;
      total += length;
    }
  }
}
