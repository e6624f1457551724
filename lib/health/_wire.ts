const READ_BYTES = 4096;

/** The connection of one probe. */
export class Wire {
  readonly #conn: Deno.TcpConn;
  #receivedBytes = 0;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** How much has been read so far. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  async send(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length;) {
      from += await this.#conn.write(bytes.subarray(from));
    }
  }

  /** Reads what is available, one character for each byte; `undefined` at the end. */
  async receive(): Promise<string | undefined> {
    const buffer = new Uint8Array(READ_BYTES);
    const count = await this.#conn.read(buffer);
    if (count === null) return undefined;
    this.#receivedBytes += count;
    return String.fromCharCode(...buffer.subarray(0, count));
  }

  /** Sends text in which each character stands for one byte. */
  sendBytesOf(text: string): Promise<void> {
    return this.send(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  }
}
