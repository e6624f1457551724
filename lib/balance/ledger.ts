import { observe } from "../base/peak_ewma.ts";
import { BackendCell, BackendReading, BackendTally } from "../state/counters.ts";
import type { EarlyReset } from "../state/early_reset.ts";
import { CONNECT_TIME } from "../state/histograms.ts";
import type { SharedState } from "../state/shared_state.ts";

/** How a session with a backend ended, as far as it tells something about the backend. */
export type Outcome =
  /** The backend was connected, and nothing in the way the session ended speaks against it. */
  | "served"
  /** The connection was refused or failed. */
  | "connect_failed"
  /** The connection was not there in time. */
  | "connect_timeout"
  /** This machine had no port left for a connection to the backend. */
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

/** Who learns about the backends from how sessions with them go: passive health. */
export interface OutcomeWatcher {
  /** Takes the one trial of a backend that was ejected. Tells whether it was still to be had. */
  takeTrial(row: number): boolean;
  /** A session was connected. */
  connected(row: number): void;
  /** A session was answered by the backend, has stood its trial, or ended well. */
  succeeded(row: number, onTrial: boolean): void;
  /** A session was not connected. */
  failed(row: number, onTrial: boolean): void;
  /** The backend reset a session before it had sent a byte. */
  reset(row: number, onTrial: boolean, reset: EarlyReset): void;
  /** The session that held the trial has ended before it told anything. */
  abandoned(row: number): void;
}

/** Whether an outcome speaks for the backend, against it, or of nothing. */
const VERDICTS: Readonly<Record<OutcomeName, "succeeded" | "failed" | "abandoned">> = {
  served: "succeeded",
  aborted: "succeeded",
  connect_failed: "failed",
  connect_timeout: "failed",
  no_port: "abandoned",
  abandoned: "abandoned",
};

/**
 * One worker's book of leases: the only writer of what is counted about backends. A backend's load,
 * its failures and its connect times all follow from what leases report here.
 */
export class Ledger {
  readonly #state: SharedState;
  readonly #slot: number;
  readonly #now: () => number;
  readonly #watcher: OutcomeWatcher;

  /**
   * @param slot the worker's slot in the shared state
   * @param now milliseconds on a clock that all workers share, and that nobody can set
   */
  constructor(state: SharedState, slot: number, now: () => number, watcher: OutcomeWatcher) {
    this.#watcher = watcher;
    this.#state = state;
    this.#slot = slot;
    this.#now = now;
  }

  /** Takes a place at a backend, unless it has `maxConnections` already (0 = no limit). */
  take(row: number, maxConnections: number): boolean {
    if (maxConnections === 0) this.#state.addBackendCell(row, BackendCell.active, 1);
    else if (!this.#state.raiseBackendCell(row, BackendCell.active, maxConnections)) return false;
    this.#state.addBackendTally(this.#slot, row, BackendTally.active, 1);
    return true;
  }

  /** Counts a session that the backend was connected for, and learns from the connect time. */
  connected(row: number, connectTimeMs: number): void {
    const state = this.#state;
    state.addBackendTally(this.#slot, row, BackendTally.sessions, 1);
    state.observeBackend(this.#slot, row, CONNECT_TIME, connectTimeMs);
    const nowMs = this.#now();
    const costMs = state.backendReading(row, BackendReading.connectTimeMs);
    const sinceMs = nowMs - state.backendReading(row, BackendReading.connectTimeStampMs);
    state.setBackendReading(
      row,
      BackendReading.connectTimeMs,
      observe(costMs, sinceMs, connectTimeMs),
    );
    state.setBackendReading(row, BackendReading.connectTimeStampMs, nowMs);
    this.#watcher.connected(row);
  }

  /** Counts bytes that were delivered: `bytesIn` to the backend, `bytesOut` to the client. */
  moved(row: number, bytesIn: number, bytesOut: number): void {
    this.#state.addBackendTally(this.#slot, row, BackendTally.bytesIn, bytesIn);
    this.#state.addBackendTally(this.#slot, row, BackendTally.bytesOut, bytesOut);
  }

  /** Gives a place back that no session was begun with. */
  giveBack(row: number): void {
    this.#state.addBackendTally(this.#slot, row, BackendTally.active, -1);
    this.#state.addBackendCell(row, BackendCell.active, -1);
  }

  /** Takes the one trial of a backend that was ejected. */
  takeTrial(row: number): boolean {
    return this.#watcher.takeTrial(row);
  }

  /** The backend has sent its first byte in a session, or has stood its trial. */
  answered(row: number, onTrial: boolean): void {
    this.#watcher.succeeded(row, onTrial);
  }

  /**
   * Gives the place back and counts how it went.
   *
   * @param hasAnswered whether `answered` was told of the session before
   */
  ended(row: number, outcome: Outcome, onTrial: boolean, hasAnswered: boolean): void {
    if (typeof outcome === "object") {
      this.#state.addBackendTally(this.#slot, row, BackendTally.earlyResets, 1);
      this.#watcher.reset(row, onTrial, outcome);
      this.giveBack(row);
      return;
    }
    const tally = OUTCOME_TALLIES[outcome];
    if (tally !== undefined) this.#state.addBackendTally(this.#slot, row, tally, 1);
    const verdict = VERDICTS[outcome];
    if (!hasAnswered) {
      if (verdict !== "abandoned") this.#watcher[verdict](row, onTrial);
      else if (onTrial) this.#watcher.abandoned(row);
    }
    // Last, because the row of a backend that was removed may be another one's from then on.
    this.giveBack(row);
  }
}
