import { isReset, SocketEnd } from "./socket_end.ts";

/** Room for all clients of a test, so that no connection has to be retried after a second. */
const BACKLOG = 4096;

/**
 * What a backend does with a connection; the connection is closed when it is done.
 *
 * @param index how many connections came before
 * @param closing resolves when the backend is closed
 */
export type Conduct = (end: SocketEnd, index: number, closing: Promise<void>) => Promise<void>;

export interface TestBackendOptions {
  /** @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** @default {a free one} */
  readonly port?: number;
}

/** A real backend that treats every connection alike. Use it with `await using`. */
export class TestBackend implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #conduct: Conduct;
  readonly #ends = new Set<SocketEnd>();
  readonly #running = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  readonly #closing = Promise.withResolvers<void>();
  #error: unknown;
  /** Connections so far. */
  accepted = 0;

  constructor(conduct: Conduct, options: TestBackendOptions = {}) {
    const { hostname = "127.0.0.1", port = 0 } = options;
    this.#conduct = conduct;
    this.#listener = Deno.listen({ hostname, port, tcpBacklog: BACKLOG });
    this.#accepting = this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** As written in `[mappings]`. */
  get name(): string {
    const { hostname, port } = this.#listener.addr;
    return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
  }

  /** Open connections. */
  get open(): number {
    return this.#ends.size;
  }

  /** Closes everything, and throws the error of a failed connection unless that was a reset. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#closing.resolve();
    for (const end of this.#ends) end.close();
    await this.#accepting;
    await Promise.all(this.#running);
    if (this.#error !== undefined) throw this.#error;
  }

  async #accept(): Promise<void> {
    for (;;) {
      let conn: Deno.TcpConn;
      try {
        conn = await this.#listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        // Reset while it waited to be accepted.
        if (error instanceof Deno.errors.NotConnected) continue;
        throw error;
      }
      const running = this.#serve(new SocketEnd(conn), this.accepted++);
      this.#running.add(running);
      running.then(() => this.#running.delete(running));
    }
  }

  async #serve(end: SocketEnd, index: number): Promise<void> {
    this.#ends.add(end);
    try {
      await this.#conduct(end, index, this.#closing.promise);
    } catch (error) {
      // A close from outside, at the end of a test, shows as one of the last two.
      const expected = isReset(error) || error instanceof Deno.errors.Interrupted ||
        error instanceof Deno.errors.BadResource;
      if (!expected) this.#error ??= error;
    } finally {
      this.#ends.delete(end);
      end.close();
    }
  }
}
