import { HOLD_MS, MOST_HELD } from "../access/admission.ts";
import type { Client } from "../balance/algorithm.ts";
import { Lease } from "../balance/lease.ts";
import type { Refusal } from "../balance/pool.ts";
import { clientPrefix } from "../base/client_prefix.ts";
import type { ListenerSettings, PoolSettings } from "../config/settings.ts";
import { TRIAL_LOOK_MS } from "../health/ejection.ts";
import type { CloseReason, Ender, Phase } from "../log/close_reason.ts";
import { ListenerTally } from "../state/counters.ts";
import { type ConnectFailure, FailedAttempts } from "./failed_attempts.ts";
import type { ListenerShare } from "./listener_share.ts";
import type { PoolShare } from "./pool_share.ts";
import { ENDED_TALLIES } from "./ended_tallies.ts";
import { type FirstByteTimer, timeFirstByte } from "./first_byte_timer.ts";
import { hasStood, outcomeOf, type SessionCourse } from "./outcome_of.ts";
import type { SessionView } from "./session_view.ts";
import type { Waiter } from "./wait_queue.ts";

/** The client of a session. Its figures are made when they are asked for. */
export interface SessionClient extends Client {
  /** `ip:port`. */
  readonly name: string;
  /** See `addressKeyOfText`. */
  readonly addressKey: bigint;
}

/** The two ends of a session. */
export type Side = "client" | "backend";

/** How long last bytes may make no progress where `half_close_timeout` sets no limit. */
const LONGEST_DELIVERY_MS = 60_000;

/**
 * The course of one session, as far as it is the same for every engine: which backends it tries,
 * when it is overdue, why it ended, and what is counted about it. Sockets are the engine's.
 *
 * An engine calls, in this order: `acquire`, then `connected` or `connectFailed` and perhaps
 * `acquire` again, then `relaying`, `moved` from time to time, `finish`, and exactly once `end`.
 */
export class SessionLife implements Waiter {
  /** The current step, for reports of what went wrong. */
  phase: Phase = "accept";
  /** As they were when the client came: a reload concerns the sessions after it. */
  readonly settings: ListenerSettings;
  readonly poolSettings: PoolSettings;
  /** Times the connected backend's first byte; absent where no algorithm asks for it. */
  firstByteTimer: FirstByteTimer | undefined;
  readonly #share: ListenerShare;
  readonly #pool: PoolShare;
  readonly #client: SessionClient;
  /** Where the client is counted by itself, if it is. */
  readonly #clientPlace: number;
  readonly #serial: number;
  readonly #startedAtMs = Date.now();
  readonly #startedMs = performance.now();
  #reason: CloseReason | undefined;
  #finishedMs = 0;
  #lease: Lease | undefined;
  #failed = FailedAttempts.none;
  #backendName = "";
  /** When the step at hand began: the wait for a place, the attempt to connect. */
  #stepMs = 0;
  /** Hears how a wait for a place came out. */
  #onPlace: ((lease: Lease | undefined) => void) | undefined;
  #connectTimeMs = -1;
  /** When the backend was connected, and when its first byte from the client was seen. */
  #connectedMs = 0;
  #firstInMs = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #lastMovedMs = 0;
  /** The side whose direction ended first, and when that was seen. */
  #endedFirst: Side | undefined;
  #halfClosedMs = 0;

  constructor(share: ListenerShare, client: SessionClient) {
    this.#share = share;
    this.#clientPlace = share.admission.clientPlace;
    this.#client = client;
    this.#serial = share.takeSerial();
    this.settings = share.settings;
    this.#pool = share.pool;
    this.poolSettings = share.pool.settings;
  }

  /** Whether the session has to end, for whatever reason. */
  get finished(): boolean {
    return this.#reason !== undefined;
  }

  /** Whether the session has ended because both sides had finished. */
  get endedInOrder(): boolean {
    return this.#reason?.by === "done";
  }

  /** The row of the backend that the session is with; -1 while there is none. */
  get backendRow(): number {
    return this.#lease?.row ?? -1;
  }

  /** See `EarlyReset`. */
  get clientKey(): bigint {
    const { clientPrefixV4: v4, clientPrefixV6: v6 } = this.settings;
    return clientPrefix(this.#client.addressKey, { v4, v6 });
  }

  /** Unique as long as Weir runs. */
  get id(): string {
    return `${this.#share.slot}-${this.#serial}`;
  }

  /**
   * Takes a backend, other than those that failed. Returns nothing if the session has to end, and
   * `queued` when it has to wait for a place: `onPlace` then hears the same later on.
   */
  acquire(onPlace: (lease: Lease | undefined) => void): Lease | "queued" | undefined {
    this.phase = "acquire";
    const { queue } = this.#pool;
    // Later clients queue behind those that are waiting.
    const isBehind = this.#hasQueue ? queue.isAhead : queue.size > 0;
    const lease = isBehind ? "all_full" : this.#pool.pool.acquire(this.#client, this.#failed.rows);
    if (lease instanceof Lease) return this.#take(lease);
    if (lease === "all_full") {
      this.#stepMs = performance.now();
      if (queue.join(this, this.#hasQueue ? this.poolSettings.maxQueue : MOST_HELD)) {
        this.#onPlace = onPlace;
        return "queued";
      }
    }
    return this.#goWithout(lease);
  }

  /** For the queue: tries once more to take a place. */
  serve(): boolean {
    const lease = this.#pool.pool.acquire(this.#client, this.#failed.rows);
    if (lease === "all_full" && this.#mayStay) return false;
    const onPlace = this.#onPlace;
    this.#onPlace = undefined;
    // Before anything comes of the place: a session that cannot use it may have to wait once more.
    this.#pool.queue.leave(this);
    onPlace?.(lease instanceof Lease ? this.#take(lease) : this.#goWithout(lease));
    return true;
  }

  /** Records that the lease's backend is connected. */
  connected(): void {
    this.#connectedMs = performance.now();
    this.#connectTimeMs = this.#connectedMs - this.#stepMs;
    this.#lease?.connected(this.#connectTimeMs);
    this.firstByteTimer = timeFirstByte(this.poolSettings, this.#lease, this.#connectedMs);
  }

  /** Records that connecting to it failed. Returns whether to acquire another one. */
  connectFailed(failure: ConnectFailure, error: unknown): boolean {
    const lease = this.#lease;
    if (lease === undefined || this.finished) return false;
    if (failure === "connect_timeout") {
      this.#share.failures.connectTimedOut(this.poolSettings, lease.backend);
    } else {
      this.#share.failures.connectFailed(this.poolSettings, lease.backend, error);
    }
    if (failure === "local_fault") {
      this.finish("resource");
      return false;
    }
    this.#lease = undefined;
    lease.end(failure);
    this.#failed = this.#failed.and(lease, failure);
    if (this.#failed.count <= this.poolSettings.retries) return true;
    this.finish(this.#failed.ender);
    return false;
  }

  /** Records that bytes are relayed from now on. */
  relaying(): void {
    this.phase = "relay";
    this.#lastMovedMs = performance.now();
  }

  /**
   * Brings the counts up to date, and judges a trial by them.
   *
   * @param bytesIn all bytes so far that the backend's connection has taken
   * @param bytesOut all bytes so far that the client's connection has taken
   * @param nowMs `performance.now()`
   */
  moved(bytesIn: number, bytesOut: number, nowMs: number): void {
    const newIn = bytesIn - this.#bytesIn;
    const newOut = bytesOut - this.#bytesOut;
    if (newIn !== 0 || newOut !== 0) {
      if (this.#bytesIn === 0 && newIn !== 0) this.#firstInMs = nowMs;
      this.#bytesIn = bytesIn;
      this.#bytesOut = bytesOut;
      this.#lastMovedMs = nowMs;
      this.#lease?.moved(newIn, newOut);
    }
    if (this.#lease?.isOnTrial && this.#isRelaying && hasStood(this.#course, nowMs)) {
      this.#lease.stoodTrial();
    }
  }

  /** When to call `moved` and `overdue` next at the latest; `Infinity` where nothing is pressing. */
  lookByMs(nowMs: number): number {
    return this.#lease?.isOnTrial ? nowMs + TRIAL_LOOK_MS : Infinity;
  }

  /** Records that the other side has only now taken bytes that were moved before. */
  touched(nowMs: number): void {
    this.#lastMovedMs = nowMs;
  }

  /** Records that the direction from one side has ended while the other continues. */
  halfClosed(side: Side, nowMs: number): void {
    if (this.#endedFirst !== undefined) return;
    this.#endedFirst = side;
    this.#halfClosedMs = nowMs;
  }

  /** Returns who ends the session if it has exceeded a timeout. Call `moved` before. */
  overdue(nowMs: number): Ender | undefined {
    const { settings, poolSettings } = this;
    if (this.phase === "connect") {
      return isOver(poolSettings.connectTimeoutMs, this.#stepMs, nowMs) ? "timeout" : undefined;
    }
    if (this.phase === "acquire") {
      return isOver(poolSettings.queueTimeoutMs, this.#stepMs, nowMs) ? "timeout" : undefined;
    }
    if (this.phase !== "relay") return undefined;
    if (isOver(settings.sessionTimeoutMs, this.#startedMs, nowMs)) return "lifetime";
    if (this.#endedFirst !== undefined) {
      if (isOver(settings.halfCloseTimeoutMs, this.#silentSinceMs, nowMs)) {
        return this.#endedFirst === "client" ? "backend_timeout" : "client_timeout";
      }
    }
    if (this.#bytesIn === 0 && this.#endedFirst !== "client") {
      if (isOver(settings.firstByteTimeoutMs, this.#startedMs, nowMs)) return "client_timeout";
    }
    return isOver(settings.idleTimeoutMs, this.#lastMovedMs, nowMs) ? "timeout" : undefined;
  }

  /**
   * Whether a session that has to end has made no progress with its last bytes for longer than
   * `half_close_timeout`, or a minute where that is 0: nobody can hold it forever. Call `moved`
   * before.
   */
  isDeliveryOverdue(nowMs: number): boolean {
    const patienceMs = this.settings.halfCloseTimeoutMs || LONGEST_DELIVERY_MS;
    return isOver(patienceMs, this.#silentSinceMs, nowMs);
  }

  /** Since when nothing has moved, at least since one direction has ended. */
  get #silentSinceMs(): number {
    return Math.max(this.#halfClosedMs, this.#lastMovedMs);
  }

  /** Records who ends the session. Only the first reason counts; later ones follow from it. */
  finish(by: Ender): void {
    if (this.#reason !== undefined) return;
    this.#reason = { by, phase: this.phase };
    this.#finishedMs = performance.now();
    if (this.#onPlace === undefined) return;
    const onPlace = this.#onPlace;
    this.#onPlace = undefined;
    this.#pool.queue.leave(this);
    onPlace(undefined);
  }

  /** Reports an error that no rule accounts for, and ends the session by it. */
  fail(error: unknown): void {
    const backend = this.#backendName === "" ? "" : ` and backend ${this.#backendName}`;
    const where = `in phase "${this.phase}" for client ${this.#client.name}, listener ` +
      `${this.settings.key}${backend}`;
    this.#share.failures.unexpected(where, error);
    this.finish("resource");
  }

  /** Settles all accounts: the lease, the listener's counts, the access log. */
  end(): void {
    const reason = this.#reason ?? { by: "resource", phase: this.phase };
    this.phase = "end";
    this.firstByteTimer?.ended();
    const lease = this.#lease;
    const isConnected = this.#connectTimeMs >= 0;
    lease?.end(
      isConnected ? outcomeOf(reason.by, this.#course, this.#finishedMs, this) : "abandoned",
    );
    this.#lease = undefined;
    const durationMs = performance.now() - this.#startedMs;
    this.#share.observeDuration(durationMs);
    this.#share.tally(ENDED_TALLIES[reason.by]);
    this.#share.admission.leave(this.#clientPlace);
    if (this.#pool.queue.size > 0) this.#pool.queue.turn();
    this.#share.accessLog?.record({
      startedAtMs: this.#startedAtMs,
      client: this.#client.name,
      listener: this.settings.key,
      pool: this.poolSettings.name,
      backend: this.#backendName,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      durationMs,
      connectTimeMs: this.#connectTimeMs,
      retries: this.#failed.count,
      tried: this.#failed.list(
        lease?.backend,
        isConnected ? "connected" : reason.by === "resource" ? "local_fault" : "abandoned",
      ),
      reason,
    });
  }

  /** The session as it is now. */
  view(): SessionView {
    return {
      id: this.id,
      client: this.#client.name,
      listener: this.settings.key,
      pool: this.poolSettings.name,
      backend: this.#backendName,
      phase: this.phase,
      startedAtMs: this.#startedAtMs,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      connectTimeMs: this.#connectTimeMs,
      retries: this.#failed.count,
    };
  }

  #take(lease: Lease): Lease {
    if (this.#failed.count > 0) this.#share.tally(ListenerTally.connectRetries);
    this.#lease = lease;
    this.#backendName = lease.backend.name;
    this.#stepMs = performance.now();
    this.phase = "connect";
    return lease;
  }

  #goWithout(refusal: Refusal): undefined {
    if (this.#failed.count > 0) {
      this.phase = "connect";
      this.finish(this.#failed.ender);
    } else {
      this.#share.failures.noBackend(this.settings, this.poolSettings, refusal);
      this.#share.tally(ListenerTally.refusedNoBackend);
      this.finish("no_backend");
    }
    return undefined;
  }

  get #hasQueue(): boolean {
    return this.poolSettings.queueTimeoutMs > 0;
  }

  /** Whether the wait may go on: without a queue, a turn of it is all that there is. */
  get #mayStay(): boolean {
    return this.#hasQueue || performance.now() - this.#stepMs < HOLD_MS;
  }

  get #isRelaying(): boolean {
    return this.phase === "relay" && !this.finished;
  }

  get #course(): SessionCourse {
    return {
      connectedMs: this.#connectedMs,
      firstInMs: this.#firstInMs,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
    };
  }
}

/** @param timeoutMs 0 = never */
function isOver(timeoutMs: number, sinceMs: number, nowMs: number): boolean {
  return timeoutMs > 0 && nowMs - sinceMs >= timeoutMs;
}
