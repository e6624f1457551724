import type { Ender } from "../../../log/close_reason.ts";
import type { EngineSession } from "../../engine.ts";
import type { ListenerShare } from "../../listener_share.ts";
import { SessionLife } from "../../session_life.ts";
import { GivenUpError } from "../libc/guarded_libc.ts";
import { resetOnClose } from "../libc/send_queue.ts";
import type { SocketName } from "../libc/sockaddr.ts";
import { announce, type Announced } from "./announce.ts";
import { Connect, type ConnectOwner } from "./connect.ts";
import { NO_DESCRIPTOR } from "./flow.ts";
import { Relay } from "./relay.ts";
import type { SessionTable } from "./session_table.ts";
import type { Workshop } from "./workshop.ts";

/** What the sessions of a listener have in common. */
export interface SessionInputs {
  readonly share: ListenerShare;
  readonly workshop: Workshop;
  readonly sessions: SessionTable<NativeSession>;
  readonly intervals: CheckIntervals;
  /** Accepts nobody for a while, as there are no descriptors to serve anybody with. */
  spareDescriptors(): void;
}

/** How often a session's deadlines are looked at. */
export interface CheckIntervals {
  /** While bytes move, or a connection is pending. */
  readonly busyMs: number;
  /** While nothing moves. */
  readonly quietMs: number;
}

/** Quiet sessions are checked together, so the thread rarely wakes up, however many there are. */
const QUIET_ROUNDS = 8;
/** How soon it is looked whether the last bytes have been acknowledged; then each time later. */
const FIRST_FAREWELL_MS = 10;

/**
 * One client connection and the backend connection that serves it: the owner of both, through the
 * phases `connect` (with `acquire`), `announce` and `relay`.
 *
 * A session that did not come to a regular end, because a side broke it off or because Weir cuts it,
 * ends by resetting the sides that are left, so that what is incomplete does not look complete. All
 * that was read is delivered before, which takes at most `half_close_timeout` without progress.
 *
 * Ownership: the client's descriptor belongs to the session from the moment it is made, and the
 * backend's from the moment it is connected. `#end` closes both, once, after all accounts have been
 * settled: a client that sees the close finds the session's places free.
 */
export class NativeSession implements EngineSession, ConnectOwner {
  readonly life: SessionLife;
  readonly client: number;
  readonly #inputs: SessionInputs;
  /** As they were when the client came, like the timeouts that they go by. */
  readonly #intervals: CheckIntervals;
  readonly #clientName: SocketName;
  readonly #connect: Connect;
  #backend = NO_DESCRIPTOR;
  /** Present from the moment the backend is connected. */
  #relay: Relay | undefined;
  /** Whether nothing has moved since the last check. */
  #isQuiet = false;
  #checkedBytes = 0;
  #farewellMs = FIRST_FAREWELL_MS;
  #ended = false;

  constructor(client: number, clientName: SocketName, inputs: SessionInputs) {
    this.client = client;
    this.#clientName = clientName;
    this.#inputs = inputs;
    this.#intervals = inputs.intervals;
    this.life = new SessionLife(inputs.share, clientName);
    this.#connect = new Connect(this, inputs.workshop);
    inputs.sessions.add(client, this);
  }

  /** Whether the session has ended. */
  get isOver(): boolean {
    return this.#ended;
  }

  /** Begins to serve the client. */
  begin(nowMs: number): void {
    const { loop } = this.#inputs.workshop;
    loop.watch(this.client, 0, this);
    loop.setTimer(this.client, nowMs + this.#intervals.busyMs);
    this.#connect.begin();
  }

  ready(descriptor: number, events: number, nowMs: number): void {
    const relay = this.#relay;
    if (relay === undefined) {
      this.#connect.ready(descriptor, events, nowMs);
      return;
    }
    if (this.#isQuiet) this.#checkSoon(nowMs);
    relay.ready(descriptor === this.client, events, nowMs);
    if (relay.isOver) this.#relayed(relay, nowMs);
  }

  due(_descriptor: number, nowMs: number): void {
    this.#countMoved(nowMs);
    const relay = this.#relay;
    if (relay !== undefined) {
      if (this.life.finished) {
        this.#sayFarewell(relay, nowMs);
        return;
      }
      const isStill = relay.bytesIn + relay.bytesOut === this.#checkedBytes;
      if (isStill && relay.lookAtQueues()) this.life.touched(nowMs);
    }
    const ender = this.life.overdue(nowMs);
    if (ender === undefined) {
      this.#checkLater(nowMs);
    } else if (this.#connect.isDialling) {
      this.#connect.timedOut();
      if (!this.#ended) this.#checkLater(nowMs);
    } else {
      this.cut(ender);
    }
  }

  /** No step is known to throw. Should one do so all the same, it must cost this session alone. */
  fail(error: unknown): void {
    if (this.#ended || error instanceof GivenUpError) throw error;
    this.life.fail(error);
    this.#end();
  }

  cut(by: Ender): void {
    // A second order of an operator waits for nothing.
    const isInsisting = by === "operator" && this.life.finished;
    // Where the session waits for a place, this hears that there will be none, and ends it.
    this.life.finish(by);
    const relay = this.#relay;
    if (relay === undefined || isInsisting) {
      this.#end();
      return;
    }
    if (this.#ended) return;
    const nowMs = performance.now();
    relay.stop();
    if (relay.isOver) this.#relayed(relay, nowMs);
    else this.#checkSoon(nowMs);
  }

  /** Ends the session at once, whatever is still to be delivered. */
  abort(by: Ender): void {
    this.life.finish(by);
    this.#end();
  }

  connected(backend: number, events: number, nowMs: number): void {
    this.#backend = backend;
    const { workshop } = this.#inputs;
    const { life, client } = this;
    life.connected();
    const { proxyProtocol } = life.poolSettings;
    let announced: Announced = "announced";
    if (proxyProtocol !== "off") {
      life.phase = "announce";
      announced = announce(workshop.libc, proxyProtocol, client, this.#clientName, backend);
      if (announced === "failed") {
        life.finish("resource");
        this.#end();
        return;
      }
    }
    const relay = new Relay(client, backend, life, workshop);
    this.#relay = relay;
    // A backend that is gone may have said something before, which is still to be read.
    if (announced === "broken") relay.break("backend", nowMs);
    else life.relaying();
    relay.begin(events, this.#connect.isClientWatched, nowMs);
    if (relay.isOver) this.#relayed(relay, nowMs);
  }

  gaveUp(): void {
    this.#end();
  }

  ranOutOfDescriptors(): boolean {
    this.#inputs.spareDescriptors();
    return this.#inputs.workshop.pump.closeIdle() > 0;
  }

  /** Both directions are over. */
  #relayed(relay: Relay, nowMs: number): void {
    if (this.life.finished) {
      this.#sayFarewell(relay, nowMs);
      return;
    }
    this.life.finish("done");
    this.#end();
  }

  /**
   * Ends the session without a regular end. Resets the remaining sides once everything that was
   * read has been acknowledged, or is given up.
   */
  #sayFarewell(relay: Relay, nowMs: number): void {
    this.#countMoved(nowMs);
    if (relay.lookAtQueues()) this.life.touched(nowMs);
    const isDelivered = relay.isOver && relay.isAcknowledged();
    if (isDelivered || this.life.isDeliveryOverdue(nowMs)) {
      this.#end();
      return;
    }
    const { busyMs } = this.#intervals;
    const inMs = relay.isOver ? this.#farewellMs : busyMs;
    if (relay.isOver) this.#farewellMs = Math.min(2 * inMs, busyMs);
    this.#inputs.workshop.loop.setTimer(this.client, nowMs + inMs);
  }

  #checkLater(nowMs: number): void {
    const relay = this.#relay;
    const { busyMs, quietMs } = this.#intervals;
    let atMs = nowMs + busyMs;
    this.#isQuiet = false;
    if (relay !== undefined) {
      const bytes = relay.bytesIn + relay.bytesOut;
      this.#isQuiet = bytes === this.#checkedBytes;
      this.#checkedBytes = bytes;
      if (this.#isQuiet) atMs = roundUp(nowMs + quietMs, quietMs / QUIET_ROUNDS);
    }
    this.#inputs.workshop.loop.setTimer(this.client, Math.min(atMs, this.life.lookByMs(nowMs)));
  }

  #checkSoon(nowMs: number): void {
    this.#isQuiet = false;
    this.#inputs.workshop.loop.setTimer(this.client, nowMs + this.#intervals.busyMs);
  }

  #countMoved(nowMs: number): void {
    const relay = this.#relay;
    if (relay !== undefined) this.life.moved(relay.bytesIn, relay.bytesOut, nowMs);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#relay?.drop();
    this.#connect.drop();
    this.#countMoved(performance.now());
    try {
      // Before the sides can learn of it.
      this.life.end();
    } finally {
      this.#close();
    }
  }

  #close(): void {
    const { workshop: { loop, libc }, sessions } = this.#inputs;
    const relay = this.#relay;
    const resets = relay !== undefined && !this.life.endedInOrder;
    if (this.#backend >= 0) {
      if (resets && !relay.isBroken("backend")) resetOnClose(libc, this.#backend);
      loop.unwatch(this.#backend);
      libc.close(this.#backend);
    }
    if (resets && !relay.isBroken("client")) resetOnClose(libc, this.client);
    sessions.remove(this.client);
    loop.unwatch(this.client);
    libc.close(this.client);
  }
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
