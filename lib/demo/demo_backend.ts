import { type Address, formatAddress } from "../base/address.ts";
import { messageOf } from "../base/message_of.ts";
import { DemoVisit } from "./demo_visit.ts";
import type { SharedFolder } from "./shared_folder.ts";

const BACKLOG = 511;
/** How long to wait after a failed accept: descriptors are freed as visits end. */
const ACCEPT_RETRY_MS = 50;

/** A backend of the demo: serves the files of a folder over HTTP, to Weir only. */
export class DemoBackend {
  /** Where it listens, with the actual port if 0 was requested. */
  readonly address: Address;
  readonly #listener: Deno.Listener;
  readonly #folder: SharedFolder;
  readonly #visits = new Set<DemoVisit>();
  readonly #accepting: Promise<void>;
  readonly #closed = Promise.withResolvers<void>();
  #closing = false;

  private constructor(address: Address, listener: Deno.Listener, folder: SharedFolder) {
    this.address = address;
    this.#listener = listener;
    this.#folder = folder;
    this.#accepting = this.#acceptAll();
  }

  /** Starts a backend. Throws what `Deno.listen` throws if the address cannot be bound. */
  static listen(address: Address, folder: SharedFolder): DemoBackend {
    const listener = Deno.listen({ ...address, tcpBacklog: BACKLOG });
    const { port } = listener.addr as Deno.NetAddr;
    return new DemoBackend({ hostname: address.hostname, port }, listener, folder);
  }

  /** Stops listening and closes every connection. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#closed.resolve();
      this.#listener.close();
      for (const visit of this.#visits) visit.close();
    }
    await this.#accepting;
  }

  async #acceptAll(): Promise<void> {
    const running = new Set<Promise<void>>();
    while (!this.#closing) {
      const conn = await this.#accept();
      if (conn === undefined) continue;
      const visit = new DemoVisit(conn, formatAddress(this.address), this.#folder);
      this.#visits.add(visit);
      const run = visit.run().finally(() => {
        this.#visits.delete(visit);
        running.delete(run);
      });
      running.add(run);
      // `close` does not see a connection that was accepted just before it.
      if (this.#closing) visit.close();
    }
    await Promise.all(running);
  }

  async #accept(): Promise<Deno.Conn | undefined> {
    try {
      return await this.#listener.accept();
    } catch {
      // Either the listener was closed, or descriptors ran out, which is temporary.
      if (!this.#closing) await this.#pause();
      return undefined;
    }
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ACCEPT_RETRY_MS);
    await Promise.race([promise, this.#closed.promise]);
    clearTimeout(timer);
  }
}

/**
 * Starts a backend on every address.
 *
 * @throws {Error} that names the address that could not be bound; no backend is left running then
 */
export async function startBackends(
  addresses: readonly Address[],
  folder: SharedFolder,
): Promise<DemoBackend[]> {
  const backends: DemoBackend[] = [];
  for (const address of addresses) {
    try {
      backends.push(DemoBackend.listen(address, folder));
    } catch (cause) {
      await closeBackends(backends);
      const what = `cannot start the backend ${formatAddress(address)}`;
      throw new Error(`${what}: ${messageOf(cause)}`, { cause });
    }
  }
  return backends;
}

/** Closes backends and their connections. */
export async function closeBackends(backends: readonly DemoBackend[]): Promise<void> {
  await Promise.all(backends.map((backend) => backend.close()));
}
