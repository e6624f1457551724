import type { ByteReader } from "./socket_streams.ts";

const NOTHING = new Uint8Array();

type WaitingConn = ByteReader & Pick<Deno.Conn, "write">;

/**
 * A client that waits for a place. It is read from, to see whether it is still there; what it sends
 * meanwhile, up to `buffer_size` bytes, is kept for its backend. Once nothing more can be read, a
 * reset shows only when the client is written to: `probe` writes nothing, which is enough for that.
 *
 * A read cannot be taken back. One that is still pending when the place comes brings the next bytes
 * of the session, so later reads have to go through here.
 */
export class WaitingClient implements ByteReader {
  readonly #conn: WaitingConn;
  readonly #abortOnClose: boolean;
  readonly #kept: Uint8Array;
  /** How many bytes have been kept, and how many of them have been read on. */
  #received = 0;
  #taken = 0;
  #hasEnded = false;
  #failure: unknown;
  /** The read that is pending; it is never rejected. */
  #reading: Promise<void> | undefined;
  #onGone: (() => void) | undefined;

  /**
   * @param bufferSize how many bytes are kept at most
   * @param abortOnClose whether one that finishes after it has sent something is gone, too
   */
  constructor(conn: WaitingConn, bufferSize: number, abortOnClose: boolean) {
    this.#conn = conn;
    this.#abortOnClose = abortOnClose;
    this.#kept = new Uint8Array(bufferSize);
  }

  /** Keeps reading until {@linkcode rest}, and calls back once the client has gone. */
  watch(onGone: () => void): void {
    this.#onGone = onGone;
    this.#look();
  }

  /** Looks for a reset that reading cannot show any more. Called from time to time. Never rejects. */
  async probe(): Promise<void> {
    if (this.#onGone === undefined || this.#canRead) return;
    try {
      await this.#conn.write(NOTHING);
    } catch (error) {
      this.#failure = error;
      this.#look();
    }
  }

  /** Begins no further read. */
  rest(): void {
    this.#onGone = undefined;
  }

  /** Reads as the connection does, and brings what was kept before. */
  async read(into: Uint8Array): Promise<number | null> {
    while (this.#taken === this.#received && this.#reading !== undefined) await this.#reading;
    if (this.#taken < this.#received) {
      const end = Math.min(this.#received, this.#taken + into.length);
      const bytes = this.#kept.subarray(this.#taken, end);
      into.set(bytes);
      this.#taken = end;
      return bytes.length;
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#hasEnded ? null : await this.#conn.read(into);
  }

  /** A client that finishes without a word, or breaks off, wants nothing any more. */
  get #isGone(): boolean {
    if (this.#failure !== undefined) return true;
    return this.#hasEnded && (this.#received === 0 || this.#abortOnClose);
  }

  #look(): void {
    if (this.#onGone === undefined) return;
    if (this.#isGone) this.#onGone();
    else if (this.#canRead) this.#reading ??= this.#read();
  }

  get #canRead(): boolean {
    return !this.#hasEnded && this.#received < this.#kept.length;
  }

  async #read(): Promise<void> {
    try {
      const length = await this.#conn.read(this.#kept.subarray(this.#received));
      if (length === null) this.#hasEnded = true;
      else this.#received += length;
    } catch (error) {
      this.#failure = error;
    }
    this.#reading = undefined;
    this.#look();
  }
}
