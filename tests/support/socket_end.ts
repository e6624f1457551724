import { Digest } from "./test_bytes.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const READ_BYTES = 64 * 1024;

/** What was received until a connection ended, and how it ended. */
export interface Received {
  readonly length: number;
  readonly sha256: string;
  readonly ending: Ending;
}

/** How reading from a connection ended: the other side finished, or reset it. */
export type Ending = "end" | "reset";

/** One end of a TCP connection in a test: a client's, or that of a backend. */
export class SocketEnd implements Disposable {
  readonly #conn: Deno.TcpConn;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #closed = false;
  /** Bytes that the kernel has taken so far. */
  sentBytes = 0;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    conn.setNoDelay();
  }

  /** Connects to a port. */
  static async connect(port: number, hostname = "127.0.0.1"): Promise<SocketEnd> {
    return new SocketEnd(await Deno.connect({ hostname, port }));
  }

  /** This end's own port. */
  get port(): number {
    return this.#conn.localAddr.port;
  }

  /** The IP address of the other end. */
  get remoteHostname(): string {
    return this.#conn.remoteAddr.hostname;
  }

  /** The port of the other end. */
  get remotePort(): number {
    return this.#conn.remoteAddr.port;
  }

  /** Sends all of it, `chunkBytes` per call. */
  async send(data: string | Uint8Array, chunkBytes: number = READ_BYTES): Promise<void> {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    for (let from = 0; from < bytes.length;) {
      const written = await this.#conn.write(bytes.subarray(from, from + chunkBytes));
      from += written;
      this.sentBytes += written;
    }
  }

  /** Shuts down the write side; reading goes on. */
  async finish(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /** Reads `length` bytes, and throws if the connection ends before. */
  async read(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const count = await this.#conn.read(bytes.subarray(filled));
      if (count === null) throw new Error(`Got ${filled} bytes and then the end, not ${length}`);
      filled += count;
    }
    return bytes;
  }

  /** Reads text of a known length. */
  async readText(length: number): Promise<string> {
    return decoder.decode(await this.read(length));
  }

  /** Reads what is available, at most 64 KiB; `undefined` at the end. */
  readSome(): Promise<Uint8Array | undefined> {
    return this.readAtMost(READ_BYTES);
  }

  /** Reads what is available, at most `most` bytes (up to 64 KiB); `undefined` at the end. */
  async readAtMost(most: number): Promise<Uint8Array | undefined> {
    const count = await this.#conn.read(this.#buffer.subarray(0, most));
    return count === null ? undefined : this.#buffer.subarray(0, count);
  }

  /** Reads text up to the end, and throws if the connection is reset. */
  async readAllText(): Promise<string> {
    let text = "";
    for (let bytes = await this.readSome(); bytes !== undefined; bytes = await this.readSome()) {
      text += decoder.decode(bytes);
    }
    return text;
  }

  /** Reads until nothing more comes. */
  async readAll(): Promise<Received> {
    const digest = new Digest();
    let ending: Ending = "end";
    try {
      for (let bytes = await this.readSome(); bytes !== undefined; bytes = await this.readSome()) {
        digest.update(bytes);
      }
    } catch (error) {
      if (!isReset(error)) throw error;
      ending = "reset";
    }
    return { length: digest.length, sha256: digest.hex(), ending };
  }

  /** Sends a line and waits for it to come back, as an echo. */
  async ping(text = "ping"): Promise<void> {
    await this.send(text);
    const reply = await this.readText(text.length);
    if (reply !== text) throw new Error(`Got "${reply}" back, not "${text}"`);
  }

  /** Closes both directions at once. Unread input makes that a reset. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Whether an error means that the other side reset the connection. */
export function isReset(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
}
