import { connect, createServer, type Server, type Socket } from "node:net";
import type { Ending } from "./socket_end.ts";

/**
 * One end of a TCP connection that can be reset at any moment, which `Deno.Conn` cannot: closing
 * that sends a regular end first, and only then, if there are unread bytes, a reset.
 *
 * It reads all the time, unless {@linkcode pause} was called.
 */
export class ResettableEnd {
  readonly #socket: Socket;
  readonly #chunks: Uint8Array[] = [];
  readonly #ended = Promise.withResolvers<Ending>();
  readonly #gone = Promise.withResolvers<void>();
  #waiting: { length: number; resolve: () => void; reject: (error: Error) => void } | undefined;
  #isOver = false;
  receivedBytes = 0;
  sentBytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay();
    socket.on("data", (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      this.receivedBytes += chunk.length;
      this.#notify();
    });
    socket.once("end", () => this.#end("end"));
    socket.once("error", () => this.#end("reset"));
    socket.once("close", () => {
      this.#end("reset");
      this.#gone.resolve();
    });
  }

  /** @param localAddress where it connects from, in 127.0.0.0/8; if absent the kernel chooses */
  static async connect(port: number, localAddress?: string): Promise<ResettableEnd> {
    const local = localAddress === undefined ? {} : { localAddress };
    const socket = connect({ port, host: "127.0.0.1", ...local, allowHalfOpen: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("connect", resolve);
    socket.once("error", reject);
    await promise;
    return new ResettableEnd(socket);
  }

  /** This end's own port. */
  get port(): number {
    return this.#socket.localPort as number;
  }

  /** How reading ended: the first of the other side's end, a reset, or this side's. */
  get ended(): Promise<Ending> {
    return this.#ended.promise;
  }

  /** Everything received so far. */
  received(): Uint8Array {
    const bytes = new Uint8Array(this.receivedBytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  /** Waits until `length` bytes have come in all, and throws if the connection ends before. */
  async receivedAtLeast(length: number): Promise<void> {
    if (this.receivedBytes >= length) return;
    if (this.#isOver) throw this.#endedEarly();
    await new Promise<void>((resolve, reject) => {
      this.#waiting = { length, resolve, reject };
    });
  }

  /** Sends all of it, and returns whether the connection took it. */
  send(bytes: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve(false);
      this.#socket.once("close", () => resolve(false));
      this.#socket.write(bytes, (error) => {
        if (!error) this.sentBytes += bytes.length;
        resolve(!error);
      });
    });
  }

  /** Shuts down the write side. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve();
      this.#socket.once("close", () => resolve());
      this.#socket.end(() => resolve());
    });
  }

  /** Reads nothing until {@linkcode resume}. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Resets the connection, without a regular end before. */
  async reset(): Promise<void> {
    this.#socket.resetAndDestroy();
    await this.#gone.promise;
  }

  /** Closes what is still open. */
  async close(): Promise<void> {
    this.#socket.destroy();
    await this.#gone.promise;
  }

  #end(ending: Ending): void {
    this.#ended.resolve(ending);
    this.#isOver = true;
    this.#waiting?.reject(this.#endedEarly());
    this.#waiting = undefined;
  }

  #endedEarly(): Error {
    return new Error(`The connection ended after ${this.receivedBytes} bytes`);
  }

  #notify(): void {
    if (this.#waiting === undefined || this.receivedBytes < this.#waiting.length) return;
    this.#waiting.resolve();
    this.#waiting = undefined;
  }
}

/** A backend whose connections are {@linkcode ResettableEnd}s. Use it with `await using`. */
export class ResettableBackend implements AsyncDisposable {
  readonly #listener: Server;
  readonly #ends = new Set<ResettableEnd>();
  /** Connections so far. */
  accepted = 0;

  private constructor(listener: Server) {
    this.#listener = listener;
  }

  /** @param conduct what is done with every connection; it must close it in the end */
  static async open(conduct: (end: ResettableEnd) => Promise<void>): Promise<ResettableBackend> {
    const listener = createServer({ allowHalfOpen: true });
    const backend = new ResettableBackend(listener);
    listener.on("connection", async (socket: Socket) => {
      const end = new ResettableEnd(socket);
      backend.#ends.add(end);
      backend.accepted++;
      await conduct(end);
      backend.#ends.delete(end);
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", () => resolve()));
    return backend;
  }

  get port(): number {
    return (this.#listener.address() as { port: number }).port;
  }

  /** As written in `[mappings]`. */
  get name(): string {
    return `127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its callback is not waited for: it does not always come after a connection was reset.
    this.#listener.close();
    await Promise.all([...this.#ends].map((end) => end.close()));
  }
}
