import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import type { RequestGate } from "./request_gate.ts";

/** How long a connection may keep Weir waiting, in milliseconds. */
export interface ConnectionLimits {
  /** Until the head of a request is complete, counted from the end of the previous one. */
  readonly requestTimeoutMs: number;
  /** Until the client has received what was written. */
  readonly writeTimeoutMs: number;
  /** Until the client closes its side, after Weir has closed its own. */
  readonly lingerTimeoutMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  requestTimeoutMs: 10_000,
  writeTimeoutMs: 30_000,
  lingerTimeoutMs: 2_000,
};

const READ_SIZE = 4 * 1024;
/** A client that sends more than this after Weir's last answer is disconnected. */
const MOST_LINGERING_BYTES = 16 * 1024 * 1024;
/** Chunks whose total is at most this are written in one call. */
const MOST_JOINED_BYTES = 64 * 1024;

/**
 * An accepted connection in the form that `node:http` accepts: a duplex stream that gives up on a
 * client that keeps it waiting. It owns the connection and closes it when it is destroyed.
 */
export class AdminConnection extends Duplex {
  readonly #connection: Deno.Conn;
  readonly #limits: ConnectionLimits;
  readonly #gate: RequestGate;
  readonly #onLate: (connection: AdminConnection) => void;
  readonly #buffer = new Uint8Array(READ_SIZE);
  /** One function for each request in progress, called when the connection is gone. */
  readonly #requests = new Set<() => void>();
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #idleSinceMs = performance.now();
  #onHeard = (): void => {};
  #hasBeenHeard = false;
  #isAtGate = false;
  #isReading = false;
  #hasReceived = false;
  #hasEnded = false;
  #isLingering = false;
  #lingeringBytes = 0;

  /**
   * @param gate admits requests
   * @param onLate called when a client has sent part of a request, but not the rest in time
   */
  constructor(
    connection: Deno.Conn,
    limits: ConnectionLimits,
    gate: RequestGate,
    onLate: (connection: AdminConnection) => void,
  ) {
    // A client may close its side and still want the answer.
    super({ allowHalfOpen: true });
    this.#connection = connection;
    this.#limits = limits;
    this.#gate = gate;
    this.#onLate = onLate;
    // Requests may be pipelined, and each adds a listener.
    this.setMaxListeners(0);
    sendAtOnce(connection);
    this.#awaitRequest();
  }

  /** Whether no request is in progress. */
  get isIdle(): boolean {
    return this.#requests.size === 0;
  }

  /** Whether a request has been received that the gate has not admitted yet. */
  get isAtGate(): boolean {
    return this.#isAtGate;
  }

  /** Since when the connection has been idle, on the clock of `performance`. */
  get idleSinceMs(): number {
    return this.#idleSinceMs;
  }

  /**
   * Resolves once the client has sent something, with true; if it has not, once the event loop has
   * polled all sockets, with false.
   */
  isHeard(): Promise<boolean> {
    if (this.#hasBeenHeard) return Promise.resolve(true);
    return new Promise((resolve) => {
      // Sockets are polled between two timers, but on a busy thread not before the first.
      let timer = setTimeout(() => {
        timer = setTimeout(() => resolve(false));
      });
      this.#onHeard = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  /**
   * Records that a request is in progress until the returned function is called or the connection
   * is gone; `onEnd` is then called, exactly once.
   */
  beginRequest(onEnd: () => void): () => void {
    const end = (): void => {
      if (!this.#requests.delete(end)) return;
      onEnd();
      this.#idleSinceMs = performance.now();
      this.#hasReceived = false;
      if (this.isIdle && !this.destroyed && !this.#isLingering) this.#awaitRequest();
    };
    clearTimeout(this.#deadline);
    this.#requests.add(end);
    return end;
  }

  override _read(): void {
    if (this.#isReading || this.#isLingering) return;
    void this.#receive();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    void this.#send([chunk], done);
  }

  override _writev(
    chunks: readonly { readonly chunk: Uint8Array }[],
    done: (error?: Error) => void,
  ): void {
    const parts = chunks.map(({ chunk }) => chunk);
    const size = parts.reduce((sum, { length }) => sum + length, 0);
    void this.#send(size <= MOST_JOINED_BYTES ? [Buffer.concat(parts)] : parts, done);
  }

  /**
   * Lets the client read what was written: closing immediately would reset a client that is still
   * sending.
   */
  override _final(done: (error?: Error) => void): void {
    this.#connection.closeWrite().then(() => this.#linger(), () => this.destroy());
    done();
  }

  override _destroy(_error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#deadline);
    this.#gate.leave(this);
    try {
      this.#connection.close();
    } catch {
      // The other side has closed it already.
    }
    for (const end of this.#requests) end();
    // Errors of a client do not concern anyone else.
    done(null);
  }

  #awaitRequest(): void {
    this.#setDeadline(this.#limits.requestTimeoutMs, () => {
      if (this.#hasReceived) this.#onLate(this);
      else this.destroy();
    });
  }

  #setDeadline(ms: number, act: () => void): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(act, ms);
  }

  #linger(): void {
    if (this.#hasEnded) return void this.destroy();
    if (this.destroyed) return;
    this.#isLingering = true;
    this.#setDeadline(this.#limits.lingerTimeoutMs, () => this.destroy());
    if (!this.#isReading) void this.#receive();
  }

  /** Reads once or, while lingering, to the end. */
  async #receive(): Promise<void> {
    this.#isReading = true;
    try {
      do {
        const count = await this.#connection.read(this.#buffer);
        this.#hasBeenHeard = true;
        this.#onHeard();
        if (count === null) return this.#receiveEnd();
        const begins = this.isIdle && !this.#hasReceived && !this.#isLingering;
        this.#hasReceived = true;
        const pass = begins ? this.#gate.pass(this, this.#buffer.subarray(0, count)) : undefined;
        if (pass !== undefined) await this.#wait(pass);
        if (this.destroyed) return;
        if (!this.#isLingering) {
          // A copy, because the stream keeps it while the buffer is reused.
          this.#isReading = false;
          this.push(Buffer.from(this.#buffer.subarray(0, count)));
          return;
        }
        this.#lingeringBytes += count;
      } while (this.#lingeringBytes <= MOST_LINGERING_BYTES);
    } catch {
      // A reset, or closed here: either way there is nothing more to read.
    }
    this.destroy();
  }

  async #wait(pass: Promise<void>): Promise<void> {
    this.#isAtGate = true;
    await pass;
    this.#isAtGate = false;
  }

  #receiveEnd(): void {
    this.#hasEnded = true;
    if (this.#isLingering) this.destroy();
    else this.push(null);
  }

  async #send(chunks: readonly Uint8Array[], done: (error?: Error) => void): Promise<void> {
    const timer = setTimeout(() => this.destroy(), this.#limits.writeTimeoutMs);
    try {
      for (const chunk of chunks) {
        for (let sent = 0; sent < chunk.length;) {
          sent += await this.#connection.write(chunk.subarray(sent));
        }
      }
    } catch {
      // The client has disconnected.
      this.destroy();
    } finally {
      clearTimeout(timer);
    }
    done();
  }
}

/**
 * The end of an answer must not wait until the client has acknowledged its beginning (Nagle's
 * algorithm).
 */
function sendAtOnce(connection: Deno.Conn): void {
  try {
    if ("setNoDelay" in connection) (connection as Deno.TcpConn).setNoDelay();
  } catch {
    // The client has already disconnected.
  }
}
