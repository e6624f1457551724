import type { Lease } from "../../balance/lease.ts";
import { formatAddress } from "../../base/address.ts";
import { hashAddressText } from "../../base/address_hash.ts";
import { addressKeyOfText } from "../../base/address_key.ts";
import { isLocalFault, isOutOfDescriptors, isPortShortage } from "../../base/local_fault.ts";
import type { Ender } from "../../log/close_reason.ts";
import { encodeProxyHeader } from "../../protocol/proxy_header.ts";
import type { EngineSession } from "../engine.ts";
import type { ListenerShare } from "../listener_share.ts";
import { type SessionClient, SessionLife } from "../session_life.ts";
import { dial } from "./dial.ts";
import type { Lingering } from "./lingering.ts";
import type { QueueTimer } from "./queue_timer.ts";
import type { BufferShelves } from "./read_buffer.ts";
import { Relay, type RelayOwner } from "./relay.ts";
import { WaitingClient } from "./waiting_client.ts";

/** How long a side that is left may take for what it has been sent, where no timeout says so. */
const LONGEST_LINGER_MS = 60_000;

/** What the sessions of a listener have in common. */
export interface SessionInputs {
  readonly share: ListenerShare;
  readonly shelves: BufferShelves;
  readonly queueTimer: QueueTimer;
  readonly lingering: Lingering;
  /** Hears that a backend was connected. */
  sessionConnected(): void;
  /** Hears that there was no descriptor for a backend's connection: who comes next would have none. */
  ranShort(): void;
  /** Hears of a session's end once it has been settled and closed. */
  sessionEnded(session: Session): void;
}

/**
 * One client connection and the backend connection that serves it.
 *
 * Ownership: the session owns the client's connection from the moment it is made, and the backend's
 * from the moment it is connected. `#end` closes both, once, after the lease, if there was one, has
 * ended.
 */
export class Session implements SessionClient, EngineSession, RelayOwner {
  readonly life: SessionLife;
  readonly #client: Deno.TcpConn;
  readonly #inputs: SessionInputs;
  /** As they were when the client came. */
  readonly #shelves: BufferShelves;
  /** Stands in for the client's connection once the client has had to wait. */
  #waiting: WaitingClient | undefined;
  #dialling: AbortController | undefined;
  #relay: Relay | undefined;
  /** What the relay had moved at the last look, and when either way was seen to have moved last. */
  #bytesIn = 0;
  #bytesOut = 0;
  #movedInMs = 0;
  #movedOutMs = 0;
  #ended = false;

  constructor(client: Deno.TcpConn, inputs: SessionInputs) {
    this.#client = client;
    this.#inputs = inputs;
    this.#shelves = inputs.shelves;
    this.life = new SessionLife(inputs.share, this);
  }

  get name(): string {
    return formatAddress(this.#client.remoteAddr);
  }

  get addressHash(): number {
    return hashAddressText(this.#client.remoteAddr.hostname);
  }

  get addressKey(): bigint {
    return addressKeyOfText(this.#client.remoteAddr.hostname);
  }

  /** Serves the client from the first step to the last. Never throws. */
  async run(): Promise<void> {
    const life = this.life;
    try {
      tuneSocket(this.#client);
      const backend = await this.#connect();
      if (backend === undefined) return;
      const relay = new Relay(this.#client, backend, this.#shelves, this);
      this.#relay = relay;
      if (!await this.#announce(backend)) return;
      life.relaying();
      await relay.run(this.#waiting);
      this.#inputs.lingering.remove(relay);
    } catch (error) {
      // No step is known to throw. Should one do so all the same, it must cost this session alone.
      life.fail(error);
    } finally {
      this.#end();
    }
  }

  relayOver(): void {
    this.life.finish(this.#relay?.failed ?? "done");
    this.#end("lingering");
  }

  /**
   * Looks after the deadlines and counts what was moved since the last time. Called by the one timer
   * that all sessions of a worker share.
   *
   * @param nowMs `performance.now()` of this turn
   */
  sweep(nowMs: number): void {
    this.#countMoved(nowMs);
    const ender = this.life.overdue(nowMs);
    if (ender === undefined) {
      void this.#waiting?.probe();
      return;
    }
    // A connection that takes too long is not the end: there may be another backend.
    if (this.#dialling === undefined) this.cut(ender);
    else this.#dialling.abort();
  }

  /** Ends the session from outside, at once. */
  cut(by: Ender): void {
    this.life.finish(by);
    this.#end();
  }

  /** Acquires one backend after the other until one is connected; nothing, if none could be. */
  async #connect(): Promise<Deno.TcpConn | undefined> {
    for (;;) {
      const lease = await this.#acquire();
      if (lease === undefined) return undefined;
      const dialling = new AbortController();
      this.#dialling = dialling;
      try {
        return await this.#dial(lease, dialling.signal);
      } catch (error) {
        if (isOutOfDescriptors(error)) this.#inputs.ranShort();
        const failure = dialling.signal.aborted
          ? "connect_timeout"
          : isPortShortage(error)
          ? "no_port"
          : isLocalFault(error)
          ? "local_fault"
          : "connect_failed";
        if (!this.life.connectFailed(failure, error)) return undefined;
      } finally {
        this.#dialling = undefined;
      }
    }
  }

  /** Takes a backend; where there is none with room, waits for one. */
  #acquire(): Promise<Lease | undefined> | Lease | undefined {
    let onPlace: ((lease: Lease | undefined) => void) | undefined;
    const lease = this.life.acquire((lease) => onPlace?.(lease));
    if (lease !== "queued") return lease;
    const waiting = this.#waiting ??= new WaitingClient(this.#client, this.life.settings);
    return new Promise((resolve) => {
      onPlace = (lease) => {
        waiting.rest();
        resolve(lease);
      };
      this.#inputs.queueTimer.wake();
      waiting.watch(() => this.cut("client"));
    });
  }

  async #dial(lease: Lease, signal: AbortSignal): Promise<Deno.TcpConn> {
    const conn = await dial(lease.backend, signal);
    if (this.life.finished) {
      conn.close();
      throw signal.reason;
    }
    this.life.connected();
    this.#inputs.sessionConnected();
    tuneSocket(conn);
    return conn;
  }

  /** Writes the PROXY header where one is asked for. Tells whether the session goes on. */
  async #announce(backend: Deno.TcpConn): Promise<boolean> {
    const { proxyProtocol } = this.life.settings;
    if (proxyProtocol === "off") return true;
    this.life.phase = "announce";
    const { remoteAddr, localAddr } = this.#client;
    const header = encodeProxyHeader(proxyProtocol, remoteAddr, localAddr);
    try {
      // The send buffer of a fresh connection takes a header, of 107 bytes at most, in one go.
      if (await backend.write(header) === header.length) return true;
    } catch {
      // The close reason tells.
    }
    this.life.finish("backend");
    return false;
  }

  /**
   * Settles all accounts and then closes, in this order: whoever hears of the end and comes again
   * finds the place free.
   */
  #end(how: "at once" | "lingering" = "at once"): void {
    if (this.#ended) return;
    this.#ended = true;
    const nowMs = performance.now();
    this.#countMoved(nowMs);
    this.life.end();
    this.#dialling?.abort();
    const relay = this.#relay;
    if (relay === undefined) this.#client.close();
    else if (how === "at once" || !this.#linger(relay, nowMs)) relay.close();
    this.#inputs.sessionEnded(this);
  }

  /** Leaves a relay to itself, if something may still have to be delivered. Tells whether it did. */
  #linger(relay: Relay, nowMs: number): boolean {
    const { remaining } = relay;
    if (remaining === undefined) return false;
    const lastMs = remaining === "client" ? this.#movedOutMs : this.#movedInMs;
    const untilMs = lastMs + (this.life.settings.halfCloseTimeoutMs || LONGEST_LINGER_MS);
    if (nowMs >= untilMs) return false;
    relay.leave();
    this.#inputs.lingering.add(relay, untilMs);
    return true;
  }

  #countMoved(nowMs: number): void {
    const relay = this.#relay;
    if (relay === undefined) return;
    const { bytesIn, bytesOut } = relay;
    if (bytesIn !== this.#bytesIn) this.#movedInMs = nowMs;
    if (bytesOut !== this.#bytesOut) this.#movedOutMs = nowMs;
    this.#bytesIn = bytesIn;
    this.#bytesOut = bytesOut;
    this.life.moved(bytesIn, bytesOut, nowMs);
    if (relay.endedFirst !== undefined) this.life.halfClosed(relay.endedFirst, nowMs);
  }
}

function tuneSocket(conn: Deno.TcpConn): void {
  try {
    conn.setNoDelay();
    conn.setKeepAlive();
  } catch {
    // The other side has gone already; the first read or write will say so.
  }
}
