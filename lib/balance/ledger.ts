import { observe } from "../base/peak_ewma.ts";
import {
  BackendCell,
  BackendReading,
  BackendTally,
  PoolCell,
  PoolTally,
} from "../state/counters.ts";
import type { EarlyReset } from "../state/early_reset.ts";
import { CONNECT_TIME } from "../state/histograms.ts";
import type { SharedState } from "../state/shared_state.ts";

/** How a session with a backend ended, as far as it says something about the backend. */
export type Outcome =
  /** The backend was connected, and nothing about the way the session ended counts against it. */
  | "served"
  /** The connection was refused or failed. */
  | "connect_failed"
  /** The connection was not established in time. */
  | "connect_timeout"
  /** This machine had no local port left for a connection to the backend. */
  | "no_port"
  /** The backend reset the session before it had sent a byte. */
  | EarlyReset
  /** The backend reset the session later. */
  | "aborted"
  /** The session ended before the backend could show anything. */
  | "abandoned";

type OutcomeName = Exclude<Outcome, EarlyReset>;

const OUTCOME_TALLIES: Readonly<Record<OutcomeName, number | undefined>> = {
  served: undefined,
  connect_failed: BackendTally.connectFailures,
  connect_timeout: BackendTally.connectTimeouts,
  no_port: BackendTally.portsExhausted,
  aborted: BackendTally.aborts,
  abandoned: undefined,
};

/** What learns about the backends from their sessions: passive health. */
export interface OutcomeWatcher {
  /** Takes the one trial of a backend that was ejected. Returns whether it was still available. */
  takeTrial(row: number): boolean;
  /** A session was connected. */
  connected(row: number): void;
  /** A session was answered by the backend, has passed its trial, or ended well. */
  succeeded(row: number, onTrial: boolean): void;
  /** A session was not connected. */
  failed(row: number, onTrial: boolean): void;
  /** The backend reset a session before it had sent a byte. */
  reset(row: number, onTrial: boolean, reset: EarlyReset): void;
  /** The session that held the trial has ended without a result. */
  abandoned(row: number): void;
}

/** Whether an outcome counts for the backend, against it, or not at all. */
const VERDICTS: Readonly<Record<OutcomeName, "succeeded" | "failed" | "abandoned">> = {
  served: "succeeded",
  aborted: "succeeded",
  connect_failed: "failed",
  connect_timeout: "failed",
  no_port: "abandoned",
  abandoned: "abandoned",
};

/** Where a ledger writes to, and whom it tells. */
export interface LedgerInputs {
  readonly state: SharedState;
  /** The worker's slot in the shared state. */
  readonly slot: number;
  readonly poolRow: number;
  /** Milliseconds on a clock that all workers share and that cannot be set. */
  readonly now: () => number;
  readonly watcher: OutcomeWatcher;
}

/**
 * One worker's book of leases: the only writer of its counts of backends. A backend's load, its
 * failures and its connect times all follow from what leases report here.
 */
export class Ledger {
  readonly #state: SharedState;
  readonly #slot: number;
  readonly #poolRow: number;
  readonly #now: () => number;
  readonly #watcher: OutcomeWatcher;

  constructor({ state, slot, poolRow, now, watcher }: LedgerInputs) {
    this.#state = state;
    this.#slot = slot;
    this.#poolRow = poolRow;
    this.#now = now;
    this.#watcher = watcher;
  }

  /** Takes a place at a backend, unless it already has `maxConnections` (0 = no limit). */
  take(row: number, maxConnections: number): boolean {
    if (maxConnections === 0) this.#state.addBackendCell(row, BackendCell.active, 1);
    else if (!this.#state.raiseBackendCell(row, BackendCell.active, maxConnections)) return false;
    this.#state.addBackendTally(this.#slot, row, BackendTally.active, 1);
    return true;
  }

  /** Takes a place in the pool, unless it has `maxSessions` already (0 = no limit). */
  enterPool(maxSessions: number): boolean {
    const { pools } = this.#state;
    if (maxSessions === 0) pools.addToCell(this.#poolRow, PoolCell.active, 1);
    else if (!pools.raiseCell(this.#poolRow, PoolCell.active, maxSessions)) return false;
    pools.addToTally(this.#slot, this.#poolRow, PoolTally.active, 1);
    return true;
  }

  /** Counts a session whose backend was connected, and updates the average of the connect time. */
  connected(row: number, connectTimeMs: number): void {
    const state = this.#state;
    state.addBackendTally(this.#slot, row, BackendTally.sessions, 1);
    state.observeBackend(this.#slot, row, CONNECT_TIME, connectTimeMs);
    const { connectTimeMs: average, connectTimeStampMs: stamp } = BackendReading;
    this.#average(row, average, stamp, connectTimeMs);
    this.#watcher.connected(row);
  }

  /** Updates the average of the time to a backend's first byte. */
  sentFirstByte(row: number, timeMs: number): void {
    const { firstByteTimeMs: average, firstByteTimeStampMs: stamp } = BackendReading;
    this.#average(row, average, stamp, timeMs);
  }

  /**
   * Records that a session has ended which had waited for the backend's first byte. A wait longer
   * than the average raises it: otherwise a backend that hangs would keep the average of its better
   * days. One that has never sent anything may be of a kind that never does.
   */
  sentNothing(row: number, waitedMs: number): void {
    const averageMs = this.#state.backendReading(row, BackendReading.firstByteTimeMs);
    if (averageMs > 0 && waitedMs > averageMs) this.sentFirstByte(row, waitedMs);
  }

  /** Counts bytes that were delivered: `bytesIn` to the backend, `bytesOut` to the client. */
  moved(row: number, bytesIn: number, bytesOut: number): void {
    this.#state.addBackendTally(this.#slot, row, BackendTally.bytesIn, bytesIn);
    this.#state.addBackendTally(this.#slot, row, BackendTally.bytesOut, bytesOut);
  }

  /** Returns a place in the pool. */
  leavePool(): void {
    const { pools } = this.#state;
    pools.addToTally(this.#slot, this.#poolRow, PoolTally.active, -1);
    pools.addToCell(this.#poolRow, PoolCell.active, -1);
  }

  /** Returns a place at a backend that no session was begun with. */
  giveBack(row: number): void {
    this.#state.addBackendTally(this.#slot, row, BackendTally.active, -1);
    this.#state.addBackendCell(row, BackendCell.active, -1);
  }

  /** Takes the one trial of a backend that was ejected. */
  takeTrial(row: number): boolean {
    return this.#watcher.takeTrial(row);
  }

  /** The backend has sent its first byte in a session, or has passed its trial. */
  answered(row: number, onTrial: boolean): void {
    this.#watcher.succeeded(row, onTrial);
  }

  /**
   * Releases the place and counts the outcome.
   *
   * @param hasAnswered whether `answered` was called for the session before
   */
  ended(row: number, outcome: Outcome, onTrial: boolean, hasAnswered: boolean): void {
    if (typeof outcome === "object") {
      this.#state.addBackendTally(this.#slot, row, BackendTally.earlyResets, 1);
      this.#watcher.reset(row, onTrial, outcome);
      this.giveBack(row);
      this.leavePool();
      return;
    }
    const tally = OUTCOME_TALLIES[outcome];
    if (tally !== undefined) this.#state.addBackendTally(this.#slot, row, tally, 1);
    const verdict = VERDICTS[outcome];
    if (!hasAnswered) {
      if (verdict !== "abandoned") this.#watcher[verdict](row, onTrial);
      else if (onTrial) this.#watcher.abandoned(row);
    }
    // Last, because the row of a removed backend may belong to another one from then on.
    this.giveBack(row);
    this.leavePool();
  }

  /** Adds a sample to a peak EWMA. Of two workers that do so at once, the last one wins. */
  #average(row: number, average: number, stamp: number, sampleMs: number): void {
    const state = this.#state;
    const nowMs = this.#now();
    const costMs = state.backendReading(row, average);
    const sinceMs = nowMs - state.backendReading(row, stamp);
    state.setBackendReading(row, average, observe(costMs, sinceMs, sampleMs));
    state.setBackendReading(row, stamp, nowMs);
  }
}
