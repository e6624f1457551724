import type { Lease } from "../../balance/lease.ts";
import type { BackendSettings } from "../../config/settings.ts";
import type { Ender } from "../../log/close_reason.ts";
import { encodeProxyHeader } from "../../protocol/proxy_header.ts";
import type { EngineSession } from "../engine.ts";
import type { ListenerShare } from "../listener_share.ts";
import { SessionLife, type Side } from "../session_life.ts";
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  MSG_NOSIGNAL,
  SHUT_WR,
} from "./constants.ts";
import type { Dialer } from "./dialer.ts";
import type { EpollLoop, Watcher } from "./epoll_loop.ts";
import { isLocalFault, LibcError } from "./errno.ts";
import { Flow, NO_DESCRIPTOR } from "./flow.ts";
import type { Libc } from "./libc.ts";
import { MOVED } from "./moved.ts";
import type { Pump } from "./pump.ts";
import type { SessionTable } from "./session_table.ts";
import { SockaddrBuffer, type SocketName } from "./sockaddr.ts";

/** What all sessions of a worker work with. */
export interface Workshop {
  readonly libc: Libc;
  readonly loop: EpollLoop;
  readonly pump: Pump;
  readonly dialer: Dialer;
  readonly sessions: SessionTable<NativeSession>;
}

/** What the sessions of a listener have in common. */
export interface SessionInputs {
  readonly share: ListenerShare;
  readonly workshop: Workshop;
  readonly intervals: CheckIntervals;
  /** Sees to it that the queue is looked after. */
  wakeQueue(): void;
}

/** How often a session's deadlines are looked at. */
export interface CheckIntervals {
  /** While bytes move, or a connection is under way. */
  readonly busyMs: number;
  /** While nothing moves. */
  readonly quietMs: number;
}

/**
 * Every event is told once, when it comes about (EPOLLET), so that one registration lasts for a
 * connection's whole life. What a session leaves unread it comes back to by itself.
 */
const READABLE = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;
const BOTH_WAYS = READABLE | EPOLLOUT;
/**
 * Events with which a short read does not mean that there is nothing more: there may be an end or an
 * error behind it, or what follows urgent data, in front of which every read stops.
 */
const MORE_EVENTS = EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

/** Quiet sessions are checked together, so that the thread wakes up seldom, however many they are. */
const QUIET_ROUNDS = 8;

/**
 * One client connection and the backend connection that serves it.
 *
 * Ownership: the client's descriptor belongs to the session from the moment it is made, and the
 * backend's from the moment it is dialled. `#end` closes both, once; a backend that could not be
 * connected is closed before the next one is dialled.
 */
export class NativeSession implements EngineSession, Watcher {
  readonly life: SessionLife;
  readonly #inputs: SessionInputs;
  /** As they were when the client came, like the timeouts that they go by. */
  readonly #intervals: CheckIntervals;
  readonly #clientName: SocketName;
  readonly #client: number;
  #backend = NO_DESCRIPTOR;
  readonly #up = new Flow("client", "backend");
  readonly #down = new Flow("backend", "client");
  /** The backend that is being dialled, and which of its addresses. */
  #dialled: BackendSettings | undefined;
  #candidate = 0;
  /** What its addresses so far have failed with. */
  #dialFailure: LibcError | undefined;
  #relaying = false;
  /** Whether the kernel tells when the client can be written to. */
  #clientToldOut = false;
  /** Whether nothing has moved since the last check. */
  #quiet = false;
  #checkedBytes = 0;
  /** The side that failed first, if one did. */
  #failed: Side | undefined;
  #ended = false;

  constructor(client: number, clientName: SocketName, inputs: SessionInputs) {
    this.#client = client;
    this.#clientName = clientName;
    this.#inputs = inputs;
    this.#intervals = inputs.intervals;
    this.life = new SessionLife(inputs.share, clientName);
    this.#up.source = client;
    this.#down.sink = client;
    inputs.workshop.sessions.add(client, this);
  }

  /** Whether the session has ended. */
  get isOver(): boolean {
    return this.#ended;
  }

  /** Begins to serve the client. */
  begin(nowMs: number): void {
    const { loop } = this.#inputs.workshop;
    loop.watch(this.#client, 0, this);
    loop.setTimer(this.#client, nowMs + this.#intervals.busyMs);
    this.#connect();
  }

  ready(descriptor: number, events: number, nowMs: number): void {
    if (!this.#relaying) {
      this.#dialReady(events, nowMs);
      return;
    }
    const isClient = descriptor === this.#client;
    const inward = isClient ? this.#up : this.#down;
    const outward = isClient ? this.#down : this.#up;
    if ((events & EPOLLPRI) !== 0) inward.hasUrgent = true;
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) !== 0 && outward.isBlocked) {
      this.#move(outward, true, nowMs);
      if (this.#ended) return;
    }
    if ((events & (EPOLLIN | MORE_EVENTS)) !== 0 && !inward.isOver && !inward.isBlocked) {
      this.#move(inward, (events & MORE_EVENTS) !== 0, nowMs);
      if (this.#ended) return;
    }
    if ((events & EPOLLERR) !== 0) this.#broken(inward, outward);
  }

  due(_descriptor: number, nowMs: number): void {
    this.life.moved(this.#up.bytes, this.#down.bytes, nowMs);
    const ender = this.life.overdue(nowMs);
    if (ender === undefined) this.#checkLater(nowMs);
    else if (this.#dialled !== undefined) this.#dialTimedOut(nowMs);
    else this.cut(ender);
  }

  /** No step is known to throw. Should one do so all the same, it must cost this session alone. */
  fail(error: unknown): void {
    if (this.#ended) throw error;
    this.life.fail(error);
    this.#end();
  }

  /** Ends the session from outside, at once. */
  cut(by: Ender): void {
    // Where the session waits for a place, this hears that there will be none, and ends it.
    this.life.finish(by);
    this.#end();
  }

  /** Acquires one backend after the other until a connection is under way. */
  #connect(): void {
    for (;;) {
      const lease = this.life.acquire(this.#onPlace);
      if (lease === "queued") {
        this.#inputs.wakeQueue();
        return;
      }
      if (lease === undefined) {
        this.#end();
        return;
      }
      if (this.#begin(lease) || this.#ended) return;
    }
  }

  readonly #onPlace = (lease: Lease | undefined): void => {
    try {
      if (lease === undefined) this.#end();
      else if (!this.#begin(lease) && !this.#ended) this.#connect();
    } catch (error) {
      // It must cost this session alone, and not the one whose end has made the place.
      this.fail(error);
    }
  };

  /** Dials a lease's backend. Gives false where another backend is to be acquired, or none. */
  #begin(lease: Lease): boolean {
    this.#dialled = lease.backend;
    this.#candidate = 0;
    this.#dialFailure = undefined;
    return this.#dial();
  }

  /**
   * Dials the next address of the backend. Gives false where there is none left: the session has
   * ended then, or is to go on to another backend.
   */
  #dial(): boolean {
    const { dialer, loop } = this.#inputs.workshop;
    const sockaddrs = dialer.sockaddrsOf(this.#dialled as BackendSettings);
    for (let at = this.#candidate; at < sockaddrs.length; at++) {
      this.#candidate = at + 1;
      this.#backend = dialer.dial(sockaddrs[at] as Uint8Array<ArrayBuffer>);
      if (this.#backend >= 0) {
        loop.watch(this.#backend, BOTH_WAYS, this);
        return true;
      }
      this.#addressFailed(dialer.error);
    }
    this.#dialled = undefined;
    const failure = isLocalFault(this.#dialFailure?.errno ?? 0) ? "local_fault" : "connect_failed";
    const error = this.#dialFailure ?? new Error("It has no address");
    if (!this.life.connectFailed(failure, error)) this.#end();
    return false;
  }

  /** Of several failures one counts that is not this machine's own: a host may have no IPv6. */
  #addressFailed(error: LibcError): void {
    const before = this.#dialFailure;
    if (before === undefined || isLocalFault(before.errno)) this.#dialFailure = error;
  }

  #dialReady(events: number, nowMs: number): void {
    if ((events & (EPOLLERR | EPOLLHUP)) !== 0) {
      const errno = this.#inputs.workshop.dialer.outcome(this.#backend);
      if (errno !== 0) {
        this.#closeBackend();
        this.#addressFailed(new LibcError("connect", errno));
        if (!this.#dial() && !this.#ended) this.#connect();
        return;
      }
    }
    if ((events & EPOLLOUT) !== 0) this.#connected(events, nowMs);
  }

  #dialTimedOut(nowMs: number): void {
    this.#closeBackend();
    this.#dialled = undefined;
    if (!this.life.connectFailed("connect_timeout", undefined)) this.#end();
    else this.#connect();
    if (!this.#ended) this.#checkLater(nowMs);
  }

  #connected(events: number, nowMs: number): void {
    const { loop } = this.#inputs.workshop;
    this.#dialled = undefined;
    this.life.connected();
    this.#up.sink = this.#backend;
    this.#down.source = this.#backend;
    if (!this.#announce()) return;
    this.life.relaying();
    this.#relaying = true;
    // The client has usually sent something by now. Reading it first spares an event.
    this.#move(this.#up, false, nowMs);
    if (this.#ended) return;
    loop.listen(this.#client, READABLE);
    if ((events & (EPOLLIN | MORE_EVENTS)) !== 0) {
      this.ready(this.#backend, events & ~EPOLLOUT, nowMs);
    }
  }

  /** Writes the PROXY header where one is asked for. Tells whether the session goes on. */
  #announce(): boolean {
    const { proxyProtocol } = this.life.settings;
    if (proxyProtocol === "off") return true;
    this.life.phase = "announce";
    const { libc } = this.#inputs.workshop;
    const local = new SockaddrBuffer().prepare();
    if (libc.getsockname(this.#client, local.bytes, local.length) === 0) {
      const header = encodeProxyHeader(proxyProtocol, this.#clientName, local.read());
      // The send buffer of a fresh connection takes a header, of 107 bytes at most, in one go.
      const bytes = Uint8Array.from(header);
      if (libc.send(this.#backend, bytes, bytes.length, MSG_NOSIGNAL) === bytes.length) return true;
    }
    this.life.finish("backend");
    this.#end();
    return false;
  }

  /** Moves one direction on, and sees to what comes of it. */
  #move(flow: Flow, untilEmpty: boolean, nowMs: number): void {
    if (this.#quiet) this.#checkSoon(nowMs);
    const { pump, loop } = this.#inputs.workshop;
    switch (pump.move(flow, this.life.settings.bufferSize, untilEmpty)) {
      case MOVED.drained:
        break;
      case MOVED.blocked:
        if (flow === this.#down && !this.#clientToldOut) {
          this.#clientToldOut = true;
          loop.change(this.#client, BOTH_WAYS);
        }
        break;
      case MOVED.unfinished:
        loop.tellAgain(flow.source);
        break;
      case MOVED.ended:
        this.#flowEnded(flow, nowMs);
        break;
      case MOVED.readFailed:
        this.#failed ??= flow.from;
        this.#finish();
        break;
      case MOVED.writeFailed:
        this.#writeFailed(flow);
        break;
      case MOVED.outOfResources:
        this.life.finish("resource");
        this.#end();
        break;
    }
  }

  /** Passes an end on. */
  #flowEnded(flow: Flow, nowMs: number): void {
    flow.isOver = true;
    if (this.#up.isOver && this.#down.isOver) {
      this.#finish();
      return;
    }
    this.life.halfClosed(flow.from, nowMs);
    if (this.#inputs.workshop.libc.shutdown(flow.sink, SHUT_WR) < 0) this.#failed ??= flow.to;
  }

  /** A connection is broken, and its error was not read: its end was, or what it sent has no room. */
  #broken(inward: Flow, outward: Flow): void {
    if (inward.isBlocked) {
      this.#failed ??= inward.from;
      this.#finish();
    } else if (inward.isOver && !outward.isOver) {
      this.#writeFailed(outward);
    }
  }

  /** What cannot be written to may still have sent something, which is played to its end. */
  #writeFailed(flow: Flow): void {
    this.#failed ??= flow.to;
    flow.isOver = true;
    this.#inputs.workshop.pump.drop(flow);
    if (this.#up.isOver && this.#down.isOver) this.#finish();
    else this.life.halfClosed(flow.from, performance.now());
  }

  /** Both directions have ended, or one side is gone. */
  #finish(): void {
    this.life.finish(this.#failed ?? "done");
    this.#end();
  }

  #checkLater(nowMs: number): void {
    const bytes = this.#up.bytes + this.#down.bytes;
    this.#quiet = this.#relaying && bytes === this.#checkedBytes;
    this.#checkedBytes = bytes;
    const { busyMs, quietMs } = this.#intervals;
    const atMs = this.#quiet ? roundUp(nowMs + quietMs, quietMs / QUIET_ROUNDS) : nowMs + busyMs;
    this.#inputs.workshop.loop.setTimer(this.#client, atMs);
  }

  #checkSoon(nowMs: number): void {
    this.#quiet = false;
    this.#inputs.workshop.loop.setTimer(this.#client, nowMs + this.#intervals.busyMs);
  }

  #closeBackend(): void {
    if (this.#backend < 0) return;
    const { loop, libc } = this.#inputs.workshop;
    loop.unwatch(this.#backend);
    libc.close(this.#backend);
    this.#backend = NO_DESCRIPTOR;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#dialled = undefined;
    const { loop, libc, pump, sessions } = this.#inputs.workshop;
    pump.drop(this.#up);
    pump.drop(this.#down);
    this.#closeBackend();
    sessions.remove(this.#client);
    loop.unwatch(this.#client);
    libc.close(this.#client);
    this.life.moved(this.#up.bytes, this.#down.bytes, performance.now());
    this.life.end();
  }
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
