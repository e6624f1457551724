import { stopHandshakes } from "../../lib/engine/native/libc/handshake_filter.ts";
import { openLibc } from "../../lib/engine/native/libc/libc.ts";

/** Room for all clients of a test, so that no connection has to be retried after a second. */
const BACKLOG = 4096;
/** Once no one can enter a queue, it is empty if no one has come out for this long. */
const SETTLED_MS = 50;

/** A Deno listener that can be closed without resetting clients in its queue (Linux). */
export class QuietableListener {
  readonly #listener: Deno.TcpListener;
  readonly descriptor: number;
  #accepted = 0;
  #closed = false;

  private constructor(listener: Deno.TcpListener, descriptor: number) {
    this.#listener = listener;
    this.descriptor = descriptor;
  }

  /** @param port 0 = a free one of 127.0.0.1 */
  static open(port: number): QuietableListener {
    const before = new Set(listSockets());
    const listener = Deno.listen({ hostname: "127.0.0.1", port, tcpBacklog: BACKLOG });
    const fresh = listSockets().filter((descriptor) => !before.has(descriptor));
    const [descriptor] = fresh;
    if (descriptor === undefined || fresh.length !== 1) {
      throw new Error(`Looked for the listener's descriptor and found ${fresh.length}`);
    }
    return new QuietableListener(listener, descriptor);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  async *connections(): AsyncGenerator<Deno.TcpConn> {
    while (!this.#closed) {
      let conn: Deno.TcpConn;
      try {
        conn = await this.#listener.accept();
      } catch (error) {
        if (this.#closed) return;
        // A client that has left while it waited is no reason to stop.
        if (error instanceof Deno.errors.BadResource) throw error;
        continue;
      }
      this.#accepted++;
      yield conn;
    }
  }

  /** Lets no new client in, waits until all waiting ones are accepted, and closes the listener. */
  async close(): Promise<void> {
    if (!stopHandshakes(openLibc(), this.descriptor)) {
      throw new Error("The kernel does not take the filter");
    }
    for (let before = -1; before !== this.#accepted;) {
      before = this.#accepted;
      await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    }
    this.#closed = true;
    this.#listener.close();
  }
}

/** The descriptors of this process that are sockets. */
function listSockets(): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith("socket:")) {
        found.push(Number(name));
      }
    } catch {
      // It was the descriptor used to read the folder itself.
    }
  }
  return found;
}
