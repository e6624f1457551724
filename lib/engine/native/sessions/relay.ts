import type { FirstByteTimer } from "../../first_byte_timer.ts";
import type { SessionLife, Side } from "../../session_life.ts";
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  SHUT_WR,
} from "../libc/constants.ts";
import { unacknowledgedBytes } from "../libc/send_queue.ts";
import { Flow, MOVED } from "./flow.ts";
import type { Workshop } from "./workshop.ts";

/**
 * Every event is reported once, when it occurs (EPOLLET), so one registration lasts for a
 * connection's whole life. A relay returns by itself to what it has left unread.
 */
const READABLE = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;
/** The events of the backend's connection that a relay needs. */
export const BOTH_WAYS = READABLE | EPOLLOUT;
/**
 * Events with which a short read does not mean that nothing more is available: there may be an end
 * or an error after it, or more behind urgent data, before which every read stops.
 */
const MORE_EVENTS = EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

/**
 * Relays bytes between two connections until both directions have ended.
 *
 * The end of a direction is passed on as a half-close. A broken connection takes no more bytes, but
 * what it sent before is still delivered: the kernel returns what it had received, and the error
 * after that. The error is reported only once, to whichever call comes first (a write may consume
 * it, and the read after the last byte then looks like a regular end), so it is remembered here,
 * and the socket is never asked for it.
 *
 * Ownership: both descriptors belong to the session.
 */
export class Relay {
  readonly #up = new Flow("client", "backend");
  readonly #down = new Flow("backend", "client");
  readonly #life: SessionLife;
  readonly #workshop: Workshop;
  /** Absent once there is nothing more to time. */
  #timer: FirstByteTimer | undefined;
  #isClientBroken = false;
  #isBackendBroken = false;
  /** Whether the kernel reports when the client becomes writable. */
  #isClientToldOut = false;

  constructor(client: number, backend: number, life: SessionLife, workshop: Workshop) {
    this.#up.source = client;
    this.#up.sink = backend;
    this.#down.source = backend;
    this.#down.sink = client;
    this.#life = life;
    this.#timer = life.firstByteTimer;
    this.#workshop = workshop;
  }

  /** Bytes from the client that the backend's connection has taken. */
  get bytesIn(): number {
    return this.#up.bytes;
  }

  /** Bytes from the backend that the client's connection has taken. */
  get bytesOut(): number {
    return this.#down.bytes;
  }

  /** Whether nothing more is moved in either direction. */
  get isOver(): boolean {
    return this.#up.isOver && this.#down.isOver;
  }

  /**
   * Whether a side's connection was found broken, in which case there is no end to pass on to it.
   */
  isBroken(side: Side): boolean {
    return side === "client" ? this.#isClientBroken : this.#isBackendBroken;
  }

  /**
   * Starts moving bytes.
   *
   * @param events the events that were already reported for the backend's connection
   * @param isClientWatched whether the loop has been asked for events of the client's connection
   */
  begin(events: number, isClientWatched: boolean, nowMs: number): void {
    const { loop } = this.#workshop;
    const client = this.#up.source;
    // The client has usually sent something by now. Reading it first saves an event.
    if (!this.#up.isOver) this.#move(this.#up, false, nowMs);
    if (this.isOver) return;
    if (isClientWatched) loop.change(client, READABLE);
    else loop.listen(client, READABLE);
    if ((events & (EPOLLIN | MORE_EVENTS)) !== 0) this.ready(false, events & ~EPOLLOUT, nowMs);
  }

  /** Something happened to a side's connection. */
  ready(isClient: boolean, events: number, nowMs: number): void {
    const inward = isClient ? this.#up : this.#down;
    const outward = isClient ? this.#down : this.#up;
    if ((events & EPOLLPRI) !== 0) inward.hasUrgent = true;
    if ((events & EPOLLERR) !== 0) this.break(inward.from, nowMs);
    else if ((events & (EPOLLOUT | EPOLLHUP)) !== 0 && outward.isBlocked) {
      this.#move(outward, true, nowMs);
    }
    if ((events & (EPOLLIN | MORE_EVENTS)) !== 0 && !inward.isOver && !inward.isBlocked) {
      this.#move(inward, (events & MORE_EVENTS) !== 0, nowMs);
    }
  }

  /** Call when a side's connection is broken. What it has sent is still delivered. */
  break(side: Side, nowMs: number): void {
    if (this.isBroken(side)) return;
    if (side === "client") this.#isClientBroken = true;
    else this.#isBackendBroken = true;
    this.#life.finish(side);
    this.#life.halfClosed(side, nowMs);
    const inward = side === "client" ? this.#up : this.#down;
    this.#dropFlow(side === "client" ? this.#down : this.#up);
    // If a write failed, there may be no other event for what is left to be read.
    if (!inward.isOver && !inward.isBlocked) this.#workshop.loop.tellAgain(inward.source);
  }

  /** Stops reading; what was read is still written. */
  stop(): void {
    stopFlow(this.#up);
    stopFlow(this.#down);
  }

  /** Stops moving, and discards what was read and not written. */
  drop(): void {
    this.#dropFlow(this.#up);
    this.#dropFlow(this.#down);
  }

  /**
   * Returns whether either side has acknowledged bytes since the last look although none were
   * moved: a slow reader drains a full queue long before there is room in it.
   */
  lookAtQueues(): boolean {
    const isUpTaken = this.#isTaken(this.#up);
    const isDownTaken = this.#isTaken(this.#down);
    return isUpTaken || isDownTaken;
  }

  /** Whether each side's kernel has acknowledged all that was written to it, or is gone. */
  isAcknowledged(): boolean {
    const { libc } = this.#workshop;
    const { source: client, sink: backend } = this.#up;
    return (this.#isClientBroken || unacknowledgedBytes(libc, client) === 0) &&
      (this.#isBackendBroken || unacknowledgedBytes(libc, backend) === 0);
  }

  #isTaken(flow: Flow): boolean {
    if (flow.acknowledged >= flow.bytes) return false;
    const before = flow.acknowledged;
    const queued = unacknowledgedBytes(this.#workshop.libc, flow.sink);
    flow.acknowledged = Math.max(before, flow.bytes - queued);
    // What was acknowledged while bytes were still moving does not count.
    const isFirstLook = flow.bytesAtLook !== flow.bytes;
    flow.bytesAtLook = flow.bytes;
    return !isFirstLook && flow.acknowledged > before;
  }

  /** Moves bytes in one direction, and handles the result. */
  #move(flow: Flow, untilEmpty: boolean, nowMs: number): void {
    const { pump, loop } = this.#workshop;
    const moved = pump.move(flow, this.#life.settings.bufferSize, untilEmpty);
    if (this.#timer !== undefined) this.#time(flow, this.#timer);
    switch (moved) {
      case MOVED.drained:
        break;
      case MOVED.blocked:
        if (flow === this.#down) this.#tellClientOut();
        break;
      case MOVED.unfinished:
        loop.tellAgain(flow.source);
        break;
      case MOVED.ended:
        this.#flowEnded(flow, nowMs);
        break;
      case MOVED.readFailed:
        flow.isOver = true;
        this.break(flow.from, nowMs);
        break;
      case MOVED.writeFailed:
        this.break(flow.to, nowMs);
        break;
      case MOVED.outOfResources:
        this.#life.finish("resource");
        this.#dropFlow(flow);
        this.stop();
        break;
    }
  }

  #time(flow: Flow, timer: FirstByteTimer): void {
    if (flow === this.#up) {
      timer.sent(flow.bytes);
    } else if (flow.bytes > 0) {
      timer.received();
      this.#timer = undefined;
    }
  }

  #tellClientOut(): void {
    if (this.#isClientToldOut) return;
    this.#isClientToldOut = true;
    this.#workshop.loop.change(this.#down.sink, BOTH_WAYS);
  }

  /** Passes an end on, if it is one. */
  #flowEnded(flow: Flow, nowMs: number): void {
    flow.isOver = true;
    // Both connections are about to be closed, or reset.
    if (this.isOver || flow.isStopped || this.isBroken(flow.from)) return;
    this.#life.halfClosed(flow.from, nowMs);
    if (this.#workshop.libc.shutdown(flow.sink, SHUT_WR) < 0) this.break(flow.to, nowMs);
  }

  #dropFlow(flow: Flow): void {
    flow.isOver = true;
    this.#workshop.pump.drop(flow);
  }
}

function stopFlow(flow: Flow): void {
  if (flow.isBlocked) flow.isStopped = true;
  else flow.isOver = true;
}
