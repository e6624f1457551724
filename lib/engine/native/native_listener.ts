import { HOLD_MS } from "../../access/admission.ts";
import type { Address } from "../../base/address.ts";
import { Backoff } from "../../base/backoff.ts";
import { ListenerTally } from "../../state/counters.ts";
import { WorkerTally } from "../../state/worker_counters.ts";
import type { ListenerPlan } from "../generation.ts";
import type { EngineListener } from "../listener_roster.ts";
import type { ListenerShare } from "../listener_share.ts";
import {
  AF_INET,
  EPOLLIN,
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
} from "./libc/constants.ts";
import { ERRNO, LibcError } from "./libc/errno.ts";
import { resumeHandshakes, stopHandshakes } from "./libc/handshake_filter.ts";
import type { Libc } from "./libc/libc.ts";
import { encodeSockaddr, familyOf, SockaddrBuffer, type SocketName } from "./libc/sockaddr.ts";
import type { Alarm, Watcher } from "./loop/epoll_loop.ts";
import {
  type CheckIntervals,
  NativeSession,
  type SessionInputs,
} from "./sessions/native_session.ts";
import type { SessionTable } from "./sessions/session_table.ts";
import type { Workshop } from "./sessions/workshop.ts";

/** Connections that may wait to be accepted; the kernel lowers it to its own limit. */
const BACKLOG = 4096;
/** Connections that are accepted before others have their turn. */
const MOST_ACCEPTS = 64;
/**
 * A queue that nobody new can enter, and that brings no client for this long, counts as empty: time
 * enough for pending handshakes, which take a round trip to the client.
 */
const QUEUE_SETTLED_MS = 100;
/** A queue that is never empty is waited for this often. */
const MOST_QUEUE_WAITS = 5;
/** How long after the last shortage it is assumed that descriptors are short. */
const SCARCE_MS = 1_000;
/** Deadlines are kept to within this share of the shortest timeout, and within these bounds. */
const CHECKS_PER_TIMEOUT = 4;
const SHORTEST_CHECK_MS = 20;
const LONGEST_BUSY_CHECK_MS = 500;
const LONGEST_QUIET_CHECK_MS = 5_000;
/** Not a fault of this machine: the connection ended while it waited, or its network did. */
const PASSING_ERRORS: ReadonlySet<number> = new Set([
  ERRNO.ECONNABORTED,
  ERRNO.EINTR,
  ERRNO.EPROTO,
  ERRNO.EPERM,
  ERRNO.ENETDOWN,
  ERRNO.ENETUNREACH,
  ERRNO.EHOSTUNREACH,
]);

/** A client that has met a limit of sessions, until it is known what becomes of it. */
interface HeldClient {
  readonly name: SocketName;
  readonly alarm: Alarm;
  /** The share that holds it. */
  readonly holder: ListenerShare;
}

/**
 * One worker's socket at a listener's address.
 *
 * Ownership: the socket belongs to the listener until `close`, and an accepted connection, which may
 * be held for a moment, until a session is made for it.
 */
export class NativeListener implements EngineListener, SessionInputs, Watcher {
  readonly isLast = true;
  readonly workshop: Workshop;
  readonly sessions: SessionTable<NativeSession>;
  intervals: CheckIntervals;
  readonly #socket: number;
  #share: ListenerShare;
  readonly #peer = new SockaddrBuffer();
  readonly #acceptBackoff = new Backoff({ firstMs: 5, longestMs: 500 });
  #closed = false;
  #isPaused = false;
  /** Until when it is made sure that a client can be served before it is accepted. */
  #scarceUntilMs = 0;
  /** Goes up when a retirement begins, or is called off. */
  #retirement = 0;
  #acceptedSinceWait = false;
  /** Clients that have met a limit of sessions, by descriptor. */
  readonly #held = new Map<number, HeldClient>();

  /** Binds the address, and throws a `LibcError` where that cannot be done. */
  constructor(
    plan: ListenerPlan,
    address: Address,
    share: ListenerShare,
    workshop: Workshop,
    sessions: SessionTable<NativeSession>,
  ) {
    this.workshop = workshop;
    this.sessions = sessions;
    this.#socket = bindSocket(workshop.libc, address);
    workshop.loop.watch(this.#socket, 0, this);
    this.#share = share;
    this.intervals = checkIntervals(plan);
    workshop.pump.reserve(plan.settings.bufferSize);
  }

  get share(): ListenerShare {
    return this.#share;
  }

  /** Starts to accept clients. */
  serve(): void {
    this.workshop.loop.listen(this.#socket, EPOLLIN);
  }

  /** Applies new settings to the sessions to come. */
  update(plan: ListenerPlan, share: ListenerShare): void {
    this.#share = share;
    this.intervals = checkIntervals(plan);
    this.workshop.pump.reserve(plan.settings.bufferSize);
  }

  /**
   * Stops accepting once the clients that wait in the socket's queue have been served: the kernel
   * would reset them. Sessions go on. Returns false if it was revived before that.
   */
  async retire(): Promise<boolean> {
    const retirement = ++this.#retirement;
    const isShut = !this.#closed && stopHandshakes(this.workshop.libc, this.#socket);
    for (let waits = 0; waits < MOST_QUEUE_WAITS && !this.#closed; waits++) {
      this.#acceptedSinceWait = false;
      await this.workshop.loop.sleep(QUEUE_SETTLED_MS);
      if (this.#retirement !== retirement) return false;
      if (!this.#acceptedSinceWait) break;
    }
    if (!this.#closed && (!isShut || this.#acceptedSinceWait)) {
      this.share.tally(ListenerTally.openCloses);
    }
    this.close();
    return true;
  }

  /** Continues to accept during a retirement. Returns false if it is too late for that. */
  revive(): boolean {
    if (this.#closed || !resumeHandshakes(this.workshop.libc, this.#socket)) return false;
    this.#retirement++;
    return true;
  }

  /** Stops accepting, at once. Sessions go on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.workshop.loop.unwatch(this.#socket);
    this.workshop.libc.close(this.#socket);
    for (const client of this.#held.keys()) this.#release(client);
  }

  /** Clients wait in the queue: told again and again as long as some do. */
  ready(_descriptor: number, _events: number, nowMs: number): void {
    for (let accepts = 0; accepts < MOST_ACCEPTS && !this.#isPaused; accepts++) {
      const client = this.#accept(nowMs);
      if (client < 0) return;
      this.#acceptedSinceWait = true;
      const name = this.#peer.read();
      this.#welcome(client, name, undefined, nowMs);
    }
  }

  /** The pause for want of descriptors is over. */
  due(): void {
    this.#isPaused = false;
    if (!this.#closed) this.serve();
  }

  /** Whatever could not be done, it must cost no more than a pause. */
  fail(error: unknown): void {
    this.share.tallyWorker(WorkerTally.acceptErrors);
    if (error instanceof LibcError) this.share.failures.acceptFailed(this.share.settings, error);
    else this.share.failures.acceptBroke(this.share.settings, error);
    this.#pause();
  }

  /** Clients are better off in the kernel's queue than with a session that cannot be served. */
  spareDescriptors(): void {
    this.#pause();
  }

  /**
   * Begins the session of a client, or closes its connection where it may have none.
   *
   * @param holder the share by which the client was held before, if it was
   */
  #welcome(
    client: number,
    name: SocketName,
    holder: ListenerShare | undefined,
    nowMs: number,
  ): void {
    let session: NativeSession | undefined;
    try {
      const admitted = holder === undefined
        ? this.share.admit(name)
        : this.share.admitHeld(name, holder);
      if (admitted === "admitted") session = new NativeSession(client, name, this);
      else if (admitted === "held") this.#hold(client, name);
      else this.workshop.libc.close(client);
    } catch (error) {
      this.workshop.libc.close(client);
      throw error;
    }
    try {
      session?.begin(nowMs);
    } catch (error) {
      session?.fail(error);
    }
  }

  #hold(client: number, name: SocketName): void {
    const alarm = this.workshop.loop.setAlarm(HOLD_MS, () => this.#release(client));
    this.#held.set(client, { name, alarm, holder: this.share });
  }

  #release(client: number): void {
    const held = this.#held.get(client);
    if (held === undefined) return;
    this.#held.delete(client);
    this.workshop.loop.stopAlarm(held.alarm);
    try {
      this.#welcome(client, held.name, held.holder, performance.now());
    } catch (error) {
      this.fail(error);
    }
  }

  /** Returns a client's descriptor, or -1 if there is none for now. */
  #accept(nowMs: number): number {
    const { libc, pump } = this.workshop;
    if (nowMs < this.#scarceUntilMs && !this.#canServe()) {
      this.fail(new LibcError("socket", ERRNO.EMFILE));
      return -1;
    }
    for (let attempts = 0; attempts < MOST_ACCEPTS; attempts++) {
      const { bytes, length } = this.#peer.prepare();
      const client = libc.accept4(this.#socket, bytes, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client >= 0) {
        this.#acceptBackoff.reset();
        return client;
      }
      const errno = libc.errno();
      if (errno === ERRNO.EAGAIN) return -1;
      if (PASSING_ERRORS.has(errno)) continue;
      // Pipes that wait for bulk are two descriptors each.
      if (pump.closeIdle() > 0) continue;
      this.fail(new LibcError("accept4", errno));
      return -1;
    }
    return -1;
  }

  /** Whether there are descriptors for a client's connection and a backend's. */
  #canServe(): boolean {
    const { libc } = this.workshop;
    const first = libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (first < 0) return false;
    const second = libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (second >= 0) libc.close(second);
    libc.close(first);
    return second >= 0;
  }

  /** Lets the clients wait for a while, who would be told of again and again otherwise. */
  #pause(): void {
    if (this.#isPaused || this.#closed) return;
    this.#isPaused = true;
    const { loop } = this.workshop;
    const nowMs = performance.now();
    this.#scarceUntilMs = nowMs + SCARCE_MS;
    loop.mute(this.#socket);
    loop.setTimer(this.#socket, nowMs + this.#acceptBackoff.next());
  }
}

/** Returns a socket that is bound and listens. */
function bindSocket(libc: Libc, address: Address): number {
  const sockaddr = encodeSockaddr(address);
  const socket = libc.socket(familyOf(sockaddr), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) throw new LibcError("socket", libc.errno());
  const one = Int32Array.of(1);
  function check(syscall: string, result: number): void {
    if (result >= 0) return;
    const error = new LibcError(syscall, libc.errno());
    libc.close(socket);
    throw error;
  }
  check("setsockopt", libc.setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, one, 4));
  check("setsockopt", libc.setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, one, 4));
  // Accepted connections inherit these two, which spares two calls for each.
  check("setsockopt", libc.setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, one, 4));
  check("setsockopt", libc.setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, one, 4));
  check("bind", libc.bind(socket, sockaddr, sockaddr.length));
  check("listen", libc.listen(socket, BACKLOG));
  return socket;
}

function checkIntervals({ settings, pool }: ListenerPlan): CheckIntervals {
  const relayTimeouts = [
    settings.idleTimeoutMs,
    settings.firstByteTimeoutMs,
    settings.halfCloseTimeoutMs,
    settings.sessionTimeoutMs,
  ];
  const timeouts = [
    ...relayTimeouts,
    pool.settings.connectTimeoutMs,
    pool.settings.queueTimeoutMs,
  ];
  return {
    busyMs: checkInterval(timeouts, LONGEST_BUSY_CHECK_MS),
    quietMs: checkInterval(relayTimeouts, LONGEST_QUIET_CHECK_MS),
  };
}

/** @param timeoutsMs 0 = never */
function checkInterval(timeoutsMs: readonly number[], longestMs: number): number {
  const shortestMs = Math.min(...timeoutsMs.filter((timeoutMs) => timeoutMs > 0));
  return Math.min(Math.max(shortestMs / CHECKS_PER_TIMEOUT, SHORTEST_CHECK_MS), longestMs);
}
