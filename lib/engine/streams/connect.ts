import type { Lease } from "../../balance/lease.ts";
import { connectTcp } from "../../base/connect_tcp.ts";
import { isLocalFault, isOutOfDescriptors, isPortShortage } from "../../base/local_fault.ts";
import type { BackendSettings } from "../../config/settings.ts";
import type { ConnectFailure } from "../failed_attempts.ts";
import type { SessionLife } from "../session_life.ts";
import { WaitingClient } from "./waiting_client.ts";

/** The session that needs a backend. */
export interface ConnectOwner {
  /** The client's connection. */
  readonly client: Deno.TcpConn;
  readonly life: SessionLife;
  /** A backend was connected. */
  connected(): void;
  /** The client has left while it waited. */
  clientLeft(): void;
  /** This machine has no descriptors left. */
  ranOutOfDescriptors(): void;
}

/**
 * The search for a backend: acquires one after another, waits for a place while all are full, and
 * dials until a connection is established.
 *
 * Ownership: a connection belongs to the caller of {@linkcode Connect.run} once it is returned.
 */
export class Connect {
  readonly #owner: ConnectOwner;
  #waiting: WaitingClient | undefined;
  #dialling: AbortController | undefined;

  constructor(owner: ConnectOwner) {
    this.#owner = owner;
  }

  /** Whether a connection is pending. */
  get isDialling(): boolean {
    return this.#dialling !== undefined;
  }

  /** Replaces the client's connection as the source of its bytes if the client has had to wait. */
  get waiting(): WaitingClient | undefined {
    return this.#waiting;
  }

  /**
   * Acquires one backend after another until one is connected. Returns `undefined` if none is
   * available; then `life` knows why.
   */
  async run(): Promise<Deno.TcpConn | undefined> {
    for (;;) {
      const lease = await this.#acquire();
      if (lease === undefined) return undefined;
      const dialling = new AbortController();
      this.#dialling = dialling;
      try {
        return await this.#dial(lease, dialling.signal);
      } catch (error) {
        if (isOutOfDescriptors(error)) this.#owner.ranOutOfDescriptors();
        const failure = dialling.signal.aborted ? "connect_timeout" : kindOf(error);
        if (!this.#owner.life.connectFailed(failure, error)) return undefined;
      } finally {
        this.#dialling = undefined;
      }
    }
  }

  /** The pending connection takes too long. */
  timedOut(): void {
    this.drop();
  }

  /** Gives up the pending connection. */
  drop(): void {
    this.#dialling?.abort();
  }

  /** Takes a backend, or waits for one if none has room. */
  #acquire(): Promise<Lease | undefined> | Lease | undefined {
    const { client, life } = this.#owner;
    let onPlace: ((lease: Lease | undefined) => void) | undefined;
    const lease = life.acquire((lease) => onPlace?.(lease));
    if (lease !== "queued") return lease;
    const waiting = this.#waiting ??= new WaitingClient(
      client,
      life.settings.bufferSize,
      life.poolSettings.abortOnClose,
    );
    return new Promise((resolve) => {
      onPlace = (lease) => {
        waiting.rest();
        resolve(lease);
      };
      waiting.watch(() => this.#owner.clientLeft());
    });
  }

  async #dial(lease: Lease, signal: AbortSignal): Promise<Deno.TcpConn> {
    const conn = await dial(lease.backend, signal);
    if (this.#owner.life.finished) {
      conn.close();
      throw signal.reason;
    }
    this.#owner.connected();
    return conn;
  }
}

/**
 * Connects to a backend: to its addresses in turn, until one answers.
 *
 * Throws the error of an attempt, or the reason of `signal` once that is aborted. Of several
 * errors, one that is not this machine's own takes precedence: a host may have no IPv6.
 */
export async function dial(backend: BackendSettings, signal: AbortSignal): Promise<Deno.TcpConn> {
  const { hostname, port } = backend.address;
  const { candidates } = backend;
  if (candidates.length <= 1) {
    return await connectTcp({ hostname: candidates[0] ?? hostname, port, signal });
  }
  let failure: unknown;
  for (const candidate of candidates) {
    try {
      return await connectTcp({ hostname: candidate, port, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      if (failure === undefined || isLocalFault(failure)) failure = error;
    }
  }
  throw failure;
}

function kindOf(error: unknown): ConnectFailure {
  if (isPortShortage(error)) return "no_port";
  return isLocalFault(error) ? "local_fault" : "connect_failed";
}
