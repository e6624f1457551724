/** How long an immediately accepted connection may take. */
const FILLED_AFTER_MS = 150;
const MOST_CONNECTIONS = 16;

/**
 * An address that never answers: a listener whose queue is full and that accepts no one, so the
 * kernel drops further connection attempts.
 */
export class BlackHole implements Disposable {
  readonly #listener: Deno.TcpListener;
  readonly #filling: Deno.TcpConn[];

  private constructor(listener: Deno.TcpListener, filling: Deno.TcpConn[]) {
    this.#listener = listener;
    this.#filling = filling;
  }

  /** Opens one on a free port of 127.0.0.1. */
  static async open(): Promise<BlackHole> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
    const { hostname, port } = listener.addr;
    const filling: Deno.TcpConn[] = [];
    while (filling.length < MOST_CONNECTIONS) {
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), FILLED_AFTER_MS);
      try {
        filling.push(await Deno.connect({ hostname, port, signal: patience.signal }));
      } catch {
        return new BlackHole(listener, filling);
      } finally {
        clearTimeout(timer);
      }
    }
    throw new Error("A listener with a backlog of 1 still accepts connections");
  }

  /** As written in `[mappings]`. */
  get name(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  [Symbol.dispose](): void {
    for (const conn of this.#filling) conn.close();
    this.#listener.close();
  }
}
