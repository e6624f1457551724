import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "../base/message_of.ts";
import { type BoundAddress, formatAdminAddress } from "../config/admin_address.ts";
import { loggerFor } from "../log/logging.ts";
import { clearSocketPath } from "./unix_socket.ts";

/** Answers requests. Never rejects. */
export type Answerer = (request: Request) => Promise<Response>;

/** One binding of the address, which Deno gives up for good at the first connection it cannot take. */
interface Binding {
  readonly httpServer: Pick<Deno.HttpServer, "shutdown" | "finished">;
  /** Breaks off every answer, and closes every connection. */
  readonly abortion: AbortController;
  /** With the port that it has got. */
  readonly address: BoundAddress;
}

/** Answers that are not written by then are broken off. */
const CLOSE_PATIENCE_MS = 1_000;
/** So long an address stays unbound that has failed, and between attempts to bind it again. */
const REBIND_PAUSE_MS = 1_000;

/**
 * The address of the admin API, bound until it is closed.
 *
 * Deno limits neither how many connections there are nor how long a request may take to begin, and
 * when the process runs out of descriptors it stops accepting for good. Then all connections are
 * closed, so that the sessions have their descriptors back, and the address is bound again.
 */
export class AdminListener {
  /** With the port that it has got. */
  readonly address: BoundAddress;
  readonly #answer: Answerer;
  readonly #logger = loggerFor("admin");
  readonly #closing = new AbortController();
  /** Absent while the address is not bound. */
  #binding: Binding | undefined;
  /** Settled unless the address is about to be bound again. */
  #rebinding: Promise<void> = Promise.resolve();

  private constructor(binding: Binding, answer: Answerer) {
    this.address = binding.address;
    this.#answer = answer;
    this.#use(binding);
  }

  /** Binds an address. Rejects with an `Error` that names it where that cannot be done. */
  static async open(address: BoundAddress, answer: Answerer): Promise<AdminListener> {
    try {
      return new AdminListener(await bind(address, answer), answer);
    } catch (error) {
      const where = formatAdminAddress(address);
      throw new Error(`Could not bind admin "${where}": ${messageOf(error)}`);
    }
  }

  /** Lets the answers that are under way finish for a moment, and stops. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#rebinding;
    if (this.#binding !== undefined) {
      const { httpServer, abortion } = this.#binding;
      const timer = setTimeout(() => abortion.abort(), CLOSE_PATIENCE_MS);
      // It may fail even now, and then it has ended too.
      await httpServer.shutdown().catch(() => {});
      clearTimeout(timer);
    }
    if (this.address.kind === "unix") await Deno.remove(this.address.path).catch(() => {});
  }

  #use(binding: Binding): void {
    this.#binding = binding;
    binding.httpServer.finished.catch((error) => {
      if (this.#closing.signal.aborted) return;
      this.#binding = undefined;
      binding.abortion.abort();
      this.#rebinding = this.#rebind(messageOf(error));
    });
  }

  async #rebind(message: string): Promise<void> {
    const where = formatAdminAddress(this.address);
    this.#logger.error(
      "The admin API at {where} could not accept a connection: {message}; all its connections are " +
        "closed, and the address is bound again",
      { where, message },
    );
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await pause(REBIND_PAUSE_MS, undefined, { signal });
        this.#use(await bind(this.address, this.#answer));
        this.#logger.info("The admin API at {where} is bound again", { where });
        return;
      } catch {
        // What was lacking another second may bring.
      }
    }
  }
}

async function bind(address: BoundAddress, answer: Answerer): Promise<Binding> {
  const abortion = new AbortController();
  // Deno would write where it listens to standard output.
  const options = { signal: abortion.signal, onError, onListen: (): void => {} };
  if (address.kind === "tcp") {
    const { hostname, port } = address.address;
    const httpServer = Deno.serve({ ...options, hostname, port }, answer);
    const bound = { hostname, port: httpServer.addr.port };
    return { httpServer, abortion, address: { kind: "tcp", address: bound } };
  }
  const { path } = address;
  await clearSocketPath(path);
  const httpServer = Deno.serve({ ...options, path }, answer);
  try {
    // Whoever may write to the socket may steer Weir.
    await Deno.chmod(path, 0o600);
  } catch (error) {
    await httpServer.shutdown();
    throw error;
  }
  return { httpServer, abortion, address };
}

/** Nothing is thrown up to here; what is thrown all the same is a defect. */
function onError(error: unknown): Response {
  loggerFor("admin").error("A request ended with an unexpected error: {error}", {
    error: String(error),
  });
  return new Response(null, { status: 500 });
}
