import { formatAddress } from "../../base/address.ts";
import { hashAddressText } from "../../base/address_hash.ts";
import { addressKeyOfText } from "../../base/address_key.ts";
import type { Ender } from "../../log/close_reason.ts";
import type { EngineSession } from "../engine.ts";
import type { ListenerShare } from "../listener_share.ts";
import { type SessionClient, SessionLife } from "../session_life.ts";
import { announce } from "./announce.ts";
import { Connect, type ConnectOwner } from "./connect.ts";
import type { Lingering } from "./lingering.ts";
import type { BufferShelves } from "./read_buffer.ts";
import { Relay, type RelayOwner } from "./relay.ts";

/** How long the remaining side may take to receive what it was sent, if no timeout is set. */
const LONGEST_LINGER_MS = 60_000;

/** What the sessions of a listener have in common. */
export interface SessionInputs {
  readonly share: ListenerShare;
  readonly shelves: BufferShelves;
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
export class Session implements SessionClient, EngineSession, ConnectOwner, RelayOwner {
  readonly life: SessionLife;
  readonly client: Deno.TcpConn;
  readonly #inputs: SessionInputs;
  /** As they were when the client came. */
  readonly #shelves: BufferShelves;
  readonly #connect: Connect;
  #relay: Relay | undefined;
  /** What the relay had moved at the last look, and when either way was seen to have moved last. */
  #bytesIn = 0;
  #bytesOut = 0;
  #movedInMs = 0;
  #movedOutMs = 0;
  #ended = false;

  constructor(client: Deno.TcpConn, inputs: SessionInputs) {
    this.client = client;
    this.#inputs = inputs;
    this.#shelves = inputs.shelves;
    this.life = new SessionLife(inputs.share, this);
    this.#connect = new Connect(this);
  }

  get name(): string {
    return formatAddress(this.client.remoteAddr);
  }

  get addressHash(): number {
    return hashAddressText(this.client.remoteAddr.hostname);
  }

  get addressKey(): bigint {
    return addressKeyOfText(this.client.remoteAddr.hostname);
  }

  /** Serves the client from the first step to the last. Never throws. */
  async run(): Promise<void> {
    const life = this.life;
    try {
      tuneSocket(this.client);
      const backend = await this.#connect.run();
      if (backend === undefined) return;
      tuneSocket(backend);
      const { firstByteTimer } = life;
      const relay = new Relay(this.client, backend, this.#shelves, this, firstByteTimer);
      this.#relay = relay;
      if (!await this.#announce(backend)) return;
      life.relaying();
      await relay.run(this.#connect.waiting);
      this.#inputs.lingering.remove(relay);
    } catch (error) {
      // No step is known to throw. Should one do so all the same, it must cost this session alone.
      life.fail(error);
    } finally {
      this.#end();
    }
  }

  connected(): void {
    this.life.connected();
    this.#inputs.sessionConnected();
  }

  clientLeft(): void {
    this.cut("client");
  }

  ranOutOfDescriptors(): void {
    this.#inputs.ranShort();
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
      void this.#connect.waiting?.probe();
      return;
    }
    // A connection that takes too long is not the end: there may be another backend.
    if (this.#connect.isDialling) this.#connect.timedOut();
    else this.cut(ender);
  }

  /** Ends the session from outside, at once. */
  cut(by: Ender): void {
    this.life.finish(by);
    this.#end();
  }

  /** Writes the PROXY header, if one is configured. Returns whether the session goes on. */
  async #announce(backend: Deno.TcpConn): Promise<boolean> {
    const { proxyProtocol } = this.life.poolSettings;
    if (proxyProtocol === "off") return true;
    this.life.phase = "announce";
    if (await announce(proxyProtocol, this.client, backend)) return true;
    this.life.finish("backend");
    return false;
  }

  /**
   * Settles all accounts and then closes, in this order: a client that sees the end and returns
   * finds the place free.
   */
  #end(how: "at once" | "lingering" = "at once"): void {
    if (this.#ended) return;
    this.#ended = true;
    const nowMs = performance.now();
    this.#countMoved(nowMs);
    this.life.end();
    this.#connect.drop();
    const relay = this.#relay;
    if (relay === undefined) this.client.close();
    else if (how === "at once" || !this.#linger(relay, nowMs)) relay.close();
    this.#inputs.sessionEnded(this);
  }

  /** Leaves a relay to itself if something may still have to be delivered. Returns whether it did. */
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
