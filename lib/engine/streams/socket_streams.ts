import type { ReadBuffer } from "./read_buffer.ts";

/**
 * Web Streams over a connection that keep its two directions apart.
 *
 * `Deno.Conn` has streams of its own, but those close the whole connection at the end of either
 * direction, so a client that sends its request and shuts down its write side would lose the reply.
 * They also allocate 64 KiB for every read.
 */

/** The source of bytes: a connection, or a substitute for one. */
export type ByteReader = Pick<Deno.Conn, "read">;

/** What the streams report while they work. */
export interface DirectionWatcher {
  /** Whether the output connection was closed, so that no end can be passed on to it. */
  readonly isClosed: boolean;
  /** The output connection accepted this many bytes. */
  wrote(bytes: number): void;
  /** The input has ended: everything that was read before has been written out. */
  ended(): void;
  /** Reading failed: everything that was read before has been written out. */
  readFailed(): void;
  /** Writing failed: the connection takes no more bytes. */
  writeFailed(): void;
  /** This many bytes came for a connection that takes none. Returns whether to go on reading. */
  discard(bytes: number): boolean;
}

/**
 * Reads only when a chunk is requested. Together with {@linkcode AT_ONCE} at the other end, this
 * makes it safe to reuse the buffer: a chunk is written in full before the next one is requested.
 */
const ON_DEMAND: QueuingStrategy<Uint8Array> = { highWaterMark: 0 };
/** One chunk in progress, none waiting. */
const AT_ONCE: QueuingStrategy<Uint8Array> = { highWaterMark: 1 };

/**
 * Streams what a connection receives. Ends at the end of its input and leaves the connection open.
 *
 * @param buffer the memory of the chunks; it belongs to the stream until that has ended
 */
export function readableFrom(
  conn: ByteReader,
  buffer: ReadBuffer,
  watcher: DirectionWatcher,
): ReadableStream<Uint8Array> {
  return new ReadableStream(new ConnSource(conn, buffer, watcher), ON_DEMAND);
}

/** Writes chunks to a connection. Closing the stream shuts down the connection's write side only. */
export function writableTo(
  conn: Deno.TcpConn,
  watcher: DirectionWatcher,
): WritableStream<Uint8Array> {
  return new WritableStream(new ConnSink(conn, watcher), AT_ONCE);
}

class ConnSource implements UnderlyingDefaultSource<Uint8Array> {
  readonly #conn: ByteReader;
  readonly #buffer: ReadBuffer;
  readonly #watcher: DirectionWatcher;

  constructor(conn: ByteReader, buffer: ReadBuffer, watcher: DirectionWatcher) {
    this.#conn = conn;
    this.#buffer = buffer;
    this.#watcher = watcher;
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const buffer = this.#buffer.next();
    let length: number | null;
    try {
      length = await this.#conn.read(buffer);
    } catch {
      this.#watcher.readFailed();
      controller.close();
      return;
    }
    if (length === null) {
      // Now, not once the streams have passed it on: by then the next client may be here.
      this.#watcher.ended();
      controller.close();
      return;
    }
    this.#buffer.filled(length);
    controller.enqueue(length === buffer.length ? buffer : buffer.subarray(0, length));
  }
}

class ConnSink implements UnderlyingSink<Uint8Array> {
  readonly #conn: Deno.TcpConn;
  readonly #watcher: DirectionWatcher;
  #isBroken = false;

  constructor(conn: Deno.TcpConn, watcher: DirectionWatcher) {
    this.#conn = conn;
    this.#watcher = watcher;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#isBroken) return this.#discard(chunk);
    try {
      let written = await this.#conn.write(chunk);
      this.#watcher.wrote(written);
      while (written < chunk.length) {
        const more = await this.#conn.write(chunk.subarray(written));
        this.#watcher.wrote(more);
        written += more;
      }
    } catch {
      this.#isBroken = true;
      this.#watcher.writeFailed();
      this.#discard(chunk);
    }
  }

  async close(): Promise<void> {
    if (this.#isBroken || this.#watcher.isClosed) return;
    try {
      await this.#conn.closeWrite();
    } catch (error) {
      this.#watcher.writeFailed();
      throw error;
    }
  }

  /** An error ends the stream, and with it the reads from the other side. */
  #discard(chunk: Uint8Array): void {
    if (!this.#watcher.discard(chunk.length)) throw new Deno.errors.BrokenPipe();
  }
}
