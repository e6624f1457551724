import { Backoff } from "../../base/backoff.ts";
import type { ListenerSettings } from "../../config/settings.ts";
import { WorkerTally } from "../../state/counters.ts";
import type { EngineInputs } from "../engine_inputs.ts";
import type { ListenerPlan } from "../generation.ts";
import type { EngineListener } from "../listener_roster.ts";
import { ListenerShare } from "../listener_share.ts";
import { QUEUE_TURN_MS } from "../wait_queue.ts";
import {
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
} from "./constants.ts";
import type { Watcher } from "./epoll_loop.ts";
import { ERRNO, LibcError } from "./errno.ts";
import { stopHandshakes } from "./handshake_filter.ts";
import type { Libc } from "./libc.ts";
import {
  type CheckIntervals,
  NativeSession,
  type SessionInputs,
  type Workshop,
} from "./native_session.ts";
import { encodeSockaddr, familyOf, SockaddrBuffer } from "./sockaddr.ts";

/** Connections that may wait to be accepted; the kernel lowers it to its own limit. */
const BACKLOG = 4096;
/** Connections that are accepted before others have their turn. */
const MOST_ACCEPTS = 64;
/**
 * A queue that nobody new can enter, and that brings no client for this long, counts as empty: time
 * enough for the handshakes that are under way, which take a round trip to the client.
 */
const QUEUE_SETTLED_MS = 100;
/** A queue that is never empty is waited for this often. */
const MOST_QUEUE_WAITS = 5;
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

/**
 * One worker's socket at a listener's address.
 *
 * Ownership: the socket belongs to the listener until `close`, and an accepted connection until a
 * session is made for it.
 */
export class NativeListener implements EngineListener, SessionInputs, Watcher {
  readonly share: ListenerShare;
  readonly workshop: Workshop;
  intervals: CheckIntervals;
  readonly #socket: number;
  readonly #peer = new SockaddrBuffer();
  readonly #acceptBackoff = new Backoff({ firstMs: 5, longestMs: 500 });
  #closed = false;
  #acceptedSinceWait = false;
  #queueIsWatched = false;

  /** Binds the address, and throws a `LibcError` where that cannot be done. */
  constructor(plan: ListenerPlan, inputs: EngineInputs, workshop: Workshop) {
    this.workshop = workshop;
    this.#socket = bindSocket(workshop.libc, plan.settings);
    workshop.loop.watch(this.#socket, 0, this);
    this.share = new ListenerShare(plan, inputs);
    this.intervals = checkIntervals(plan.settings);
    workshop.pump.reserve(plan.settings.bufferSize);
  }

  get descriptor(): number {
    return this.#socket;
  }

  /** Starts to accept clients. */
  serve(): void {
    this.workshop.loop.listen(this.#socket, EPOLLIN);
  }

  /** Takes over new settings for the sessions to come. */
  update(plan: ListenerPlan): void {
    this.share.update(plan);
    this.intervals = checkIntervals(plan.settings);
    this.workshop.pump.reserve(plan.settings.bufferSize);
  }

  /**
   * Stops accepting once the clients that wait in the socket's queue have been served: the kernel
   * would reset them. Sessions go on.
   */
  async retire(): Promise<void> {
    if (!this.#closed) stopHandshakes(this.workshop.libc, this.#socket);
    for (let waits = 0; waits < MOST_QUEUE_WAITS && !this.#closed; waits++) {
      this.#acceptedSinceWait = false;
      await this.workshop.loop.sleep(QUEUE_SETTLED_MS);
      if (!this.#acceptedSinceWait) break;
    }
    this.close();
  }

  /** Stops accepting, at once. Sessions go on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.workshop.loop.unwatch(this.#socket);
    this.workshop.libc.close(this.#socket);
  }

  /** Clients wait in the queue: told again and again as long as some do. */
  ready(_descriptor: number, _events: number, nowMs: number): void {
    for (let accepts = 0; accepts < MOST_ACCEPTS; accepts++) {
      const client = this.#accept();
      if (client < 0) return;
      this.#acceptedSinceWait = true;
      const name = this.#peer.read();
      if (!this.share.admit(name)) {
        this.workshop.libc.close(client);
        continue;
      }
      const session = new NativeSession(client, name, this);
      try {
        session.begin(nowMs);
      } catch (error) {
        session.fail(error);
      }
    }
  }

  /** The pause after a failed accept is over. */
  due(): void {
    if (!this.#closed) this.serve();
  }

  fail(error: unknown): void {
    throw error;
  }

  wakeQueue(): void {
    if (this.#queueIsWatched) return;
    this.#queueIsWatched = true;
    this.workshop.loop.setAlarm(QUEUE_TURN_MS, () => {
      this.#queueIsWatched = false;
      this.share.queue.turn();
      if (this.share.queue.size > 0) this.wakeQueue();
    });
  }

  /** Gives a client's descriptor, or -1 where there is none to be had for now. */
  #accept(): number {
    const { libc } = this.workshop;
    for (let attempts = 0; attempts < MOST_ACCEPTS; attempts++) {
      const { bytes, length } = this.#peer.prepare();
      const client = libc.accept4(this.#socket, bytes, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client >= 0) {
        this.#acceptBackoff.reset();
        return client;
      }
      const errno = libc.errno();
      if (errno === ERRNO.EAGAIN) return -1;
      if (!PASSING_ERRORS.has(errno)) {
        this.#pause(new LibcError("accept4", errno));
        return -1;
      }
    }
    return -1;
  }

  /** Lets the clients wait for a while, which would be told of again and again otherwise. */
  #pause(error: LibcError): void {
    const { loop } = this.workshop;
    this.share.tallyWorker(WorkerTally.acceptErrors);
    this.share.failures.acceptFailed(this.share.settings, error);
    loop.mute(this.#socket);
    loop.setTimer(this.#socket, performance.now() + this.#acceptBackoff.next());
  }
}

/** Gives a socket that is bound and listens. */
function bindSocket(libc: Libc, { address }: ListenerSettings): number {
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

function checkIntervals(settings: ListenerSettings): CheckIntervals {
  const relayTimeouts = [
    settings.idleTimeoutMs,
    settings.firstByteTimeoutMs,
    settings.halfCloseTimeoutMs,
    settings.sessionTimeoutMs,
  ];
  const timeouts = [...relayTimeouts, settings.connectTimeoutMs, settings.queueTimeoutMs];
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
