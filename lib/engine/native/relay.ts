import type { SessionLife, Side } from "../session_life.ts";
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  SHUT_WR,
} from "./constants.ts";
import { Flow } from "./flow.ts";
import { MOVED } from "./moved.ts";
import { unacknowledgedBytes } from "./send_queue.ts";
import type { Workshop } from "./workshop.ts";

/**
 * Every event is told once, when it comes about (EPOLLET), so that one registration lasts for a
 * connection's whole life. What a relay leaves unread it comes back to by itself.
 */
const READABLE = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;
/** What a relay wants to be told of the backend's connection. */
export const BOTH_WAYS = READABLE | EPOLLOUT;
/**
 * Events with which a short read does not mean that there is nothing more: there may be an end or an
 * error behind it, or what follows urgent data, in front of which every read stops.
 */
const MORE_EVENTS = EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

/**
 * Moves bytes between two connections, both ways, until both directions are over.
 *
 * The end of a direction is passed on as a half-close. A connection that is broken takes no more
 * bytes, and what it sent before is still delivered: the kernel hands out what it had received, and
 * the error after that. The error is told only once, to whichever call comes first (a write may eat
 * it, and the read after the last byte then looks like a regular end), so that it is remembered
 * here, and the socket is never asked for it.
 *
 * Ownership: both descriptors are the session's.
 */
export class Relay {
  readonly #up = new Flow("client", "backend");
  readonly #down = new Flow("backend", "client");
  readonly #life: SessionLife;
  readonly #workshop: Workshop;
  #isClientBroken = false;
  #isBackendBroken = false;
  /** Whether the kernel tells when the client can be written to. */
  #isClientToldOut = false;

  constructor(client: number, backend: number, life: SessionLife, workshop: Workshop) {
    this.#up.source = client;
    this.#up.sink = backend;
    this.#down.source = backend;
    this.#down.sink = client;
    this.#life = life;
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

  /** Whether a side's connection was found broken, so that there is no end to pass on to it. */
  isBroken(side: Side): boolean {
    return side === "client" ? this.#isClientBroken : this.#isBackendBroken;
  }

  /**
   * Begins to move bytes.
   *
   * @param events what the backend's connection has been told of already
   * @param isClientWatched whether the loop has been asked for events of the client's connection
   */
  begin(events: number, isClientWatched: boolean, nowMs: number): void {
    const { loop } = this.#workshop;
    const client = this.#up.source;
    // The client has usually sent something by now. Reading it first spares an event.
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

  /** Says that a side's connection is broken. What it has sent is played to its end. */
  break(side: Side, nowMs: number): void {
    if (this.isBroken(side)) return;
    if (side === "client") this.#isClientBroken = true;
    else this.#isBackendBroken = true;
    this.#life.finish(side);
    this.#life.halfClosed(side, nowMs);
    const inward = side === "client" ? this.#up : this.#down;
    this.#dropFlow(side === "client" ? this.#down : this.#up);
    // Where it was a write that failed, nothing else may tell of what is left to be read.
    if (!inward.isOver && !inward.isBlocked) this.#workshop.loop.tellAgain(inward.source);
  }

  /** Reads nothing more; what was read is still written. */
  stop(): void {
    stopFlow(this.#up);
    stopFlow(this.#down);
  }

  /** Moves nothing more, and gives up what was read and not written. */
  drop(): void {
    this.#dropFlow(this.#up);
    this.#dropFlow(this.#down);
  }

  /**
   * Looks whether either side has acknowledged bytes since the last look, without that any were
   * moved: a slow reader empties a full queue for long before there is room in it.
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
    // What was acknowledged while bytes were still moved is no news.
    const isFirstLook = flow.bytesAtLook !== flow.bytes;
    flow.bytesAtLook = flow.bytes;
    return !isFirstLook && flow.acknowledged > before;
  }

  /** Moves one direction on, and sees to what comes of it. */
  #move(flow: Flow, untilEmpty: boolean, nowMs: number): void {
    const { pump, loop } = this.#workshop;
    switch (pump.move(flow, this.#life.settings.bufferSize, untilEmpty)) {
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
