import { setImmediate, setTimeout as pause } from "node:timers/promises";
import { counted } from "../../base/counted.ts";
import { hasLeft } from "../../base/has_left.ts";
import { isLocalFault } from "../../base/local_fault.ts";
import { messageOf } from "../../base/message_of.ts";
import { type BoundAddress, formatAdminAddress } from "../../config/admin_address.ts";
import { loggerFor } from "../../log/logging.ts";
import { Throttle } from "../../log/throttle.ts";
import type { AdminConnection } from "./admin_connection.ts";
import { bindAdmin } from "./bind_admin.ts";
import { SpareDescriptor } from "./spare_descriptor.ts";

export interface AdminListenerInputs {
  readonly address: BoundAddress;
  /** The maximum number of concurrent connections; called for each new one. */
  readonly mostConnections: () => number;
  /** Files of which one is kept open, as a spare descriptor for when there are none left. */
  readonly spareFiles: readonly string[];
}

/** Takes ownership of a connection and answers the requests on it. */
export type TakeConnection = (connection: Deno.Conn) => AdminConnection;

/** Answers that are not written within this time are aborted. */
const CLOSE_PATIENCE_MS = 1_000;
/** How many turns of the event loop a new connection waits for another one to become idle. */
const MOST_TURNS = 5;
/** How long to pause after a failed accept. */
const FAILURE_PAUSE_MS = 100;

/**
 * The listening socket of the admin API. It never releases its address until it is closed: another
 * process that bound the address would receive the operators' tokens.
 *
 * The number of connections is limited, because each takes a descriptor that a session could use.
 * At the limit, one is closed to make room: the one that has been idle the longest, otherwise the
 * last one whose request has not been admitted. If there is neither, the new one is closed. None is
 * closed before its first request, if it has sent one, has been read.
 */
export class AdminListener {
  /** With the actual port. */
  readonly address: BoundAddress;
  readonly #inputs: AdminListenerInputs;
  readonly #socket: Deno.Listener;
  readonly #spare: SpareDescriptor | undefined;
  readonly #logger = loggerFor("admin");
  readonly #throttle = new Throttle();
  readonly #closing = new AbortController();
  readonly #connections = new Set<AdminConnection>();
  /** Those that may not have been read from yet: they look idle, but may have sent a request. */
  readonly #unheard = new Set<AdminConnection>();
  #accepting: Promise<void> = Promise.resolve();

  private constructor(inputs: AdminListenerInputs, socket: Deno.Listener, address: BoundAddress) {
    this.address = address;
    this.#inputs = inputs;
    this.#socket = socket;
    this.#spare = SpareDescriptor.open(inputs.spareFiles);
  }

  /** Binds an address. Rejects with an `Error` that names the address if that fails. */
  static async open(inputs: AdminListenerInputs): Promise<AdminListener> {
    try {
      const { socket, address } = await bindAdmin(inputs.address);
      return new AdminListener(inputs, socket, address);
    } catch (error) {
      const where = formatAdminAddress(inputs.address);
      throw new Error(`Could not bind admin "${where}": ${messageOf(error)}`);
    }
  }

  /** Starts accepting. */
  serve(take: TakeConnection): void {
    this.#accepting = this.#accept(take);
  }

  /** Stops, after a short time for answers in progress to finish. */
  async close(): Promise<void> {
    this.#closing.abort();
    // With a Unix socket this removes its file.
    this.#socket.close();
    await this.#accepting;
    this.#closeIdle();
    const patience = new AbortController();
    await Promise.race([
      Promise.all([...this.#connections].map(goneOf)),
      pause(CLOSE_PATIENCE_MS, undefined, patience),
    ]);
    patience.abort();
    for (const connection of this.#connections) connection.destroy();
    this.#spare?.release();
  }

  async #accept(take: TakeConnection): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#admit(await this.#socket.accept(), take);
        // One per turn of the event loop: in between, closed connections free their descriptors,
        // and other tasks run.
        await setImmediate();
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        if (!hasLeft(error) && !this.#canGoOn(error)) await this.#pause();
      }
    }
  }

  async #admit(accepted: Deno.Conn, take: TakeConnection): Promise<void> {
    // If the spare descriptor cannot be reopened, this connection has taken the last one.
    if (this.#spare?.restore() === false) {
      accepted.close();
      this.#spare.restore();
      return;
    }
    const most = this.#inputs.mostConnections();
    if (this.#connections.size >= most && !await this.#makeRoom()) {
      this.#warn(`The admin API has reached its limit of ${most} connections: closed a new one`);
      accepted.close();
      return;
    }
    const connection = take(accepted);
    this.#connections.add(connection);
    this.#unheard.add(connection);
    connection.once("close", () => this.#forget(connection));
  }

  #forget(connection: AdminConnection): void {
    this.#connections.delete(connection);
    this.#unheard.delete(connection);
  }

  /** Closes one idle connection. Returns false if there is none, even after a moment. */
  async #makeRoom(): Promise<boolean> {
    let turns = 0;
    for (;;) {
      const [first] = this.#idle;
      if (first === undefined) {
        if (turns++ === MOST_TURNS) return false;
        await pause(0);
      } else if (!this.#unheard.has(first)) {
        return this.#closeIdle(1);
      } else if (await first.isHeard()) {
        this.#unheard.delete(first);
      } else {
        // All sockets have been polled.
        this.#unheard.clear();
      }
    }
  }

  /** Returns whether to try again immediately after a failed attempt. */
  #canGoOn(error: unknown): boolean {
    this.#warn(`The admin API could not accept a connection: ${messageOf(error)}`);
    // Sessions need the descriptors more than idle admin connections do.
    if (!isLocalFault(error) || this.#closeIdle()) return false;
    return this.#spare?.release() === true;
  }

  /** Closes idle connections, in the order of `#idle`. Returns whether there were any. */
  #closeIdle(most = Infinity): boolean {
    const idle = this.#idle;
    for (const connection of idle.slice(0, most)) {
      connection.destroy();
      this.#forget(connection);
    }
    return idle.length > 0;
  }

  /**
   * The idle connections: first those without a request, longest idle first; then those whose request
   * has not been admitted, newest first.
   */
  get #idle(): AdminConnection[] {
    const idle = [...this.#connections].filter(({ isIdle }) => isIdle)
      .sort((a, b) => a.idleSinceMs - b.idleSinceMs);
    const { asking = [], silent = [] } = Object.groupBy(
      idle,
      ({ isAtGate }) => isAtGate ? "asking" : "silent",
    );
    return [...silent, ...asking.reverse()];
  }

  #warn(message: string): void {
    const more = this.#throttle.take(message, performance.now());
    if (more < 0) return;
    const text = more === 0
      ? message
      : `${message} (${counted(more, "more time")} since the last such line)`;
    this.#logger.warn("{text}", { text });
  }

  async #pause(): Promise<void> {
    const { signal } = this.#closing;
    await pause(FAILURE_PAUSE_MS, undefined, { signal }).catch(() => {});
  }
}

function goneOf(connection: AdminConnection): Promise<void> {
  return new Promise((resolve) => connection.once("close", resolve));
}
