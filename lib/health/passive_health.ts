import type { PoolSettings } from "../config/settings.ts";
import { EJECTION } from "../state/codes.ts";
import { BackendCell, BackendReading, BackendTally } from "../state/counters.ts";
import type { EarlyReset } from "../state/early_reset.ts";
import { SLICE_MS } from "../state/reset_window.ts";
import type { PoolPlan } from "../state/pool_plan.ts";
import type { SharedState } from "../state/shared_state.ts";
import {
  ejectionTimeMs,
  endEjection,
  forgetFailures,
  isEjected,
  isToBlame,
  isUsable,
  mayBeProvoked,
  mostEjected,
} from "./ejection.ts";

export interface PassiveHealthInputs {
  readonly state: SharedState;
  /** The slot in which ejections are counted: the worker's own. */
  readonly slot: number;
  /** Milliseconds on a clock that all threads share and that cannot be set. */
  readonly now: () => number;
  /** A uniform number in [0, 1). */
  readonly random: () => number;
}

/**
 * What one worker's sessions show about the backends of a pool: backends whose sessions fail
 * are ejected for a while, and return through a trial.
 *
 * All workers and the main thread act on the same cells, without locks. An ejection passes through
 *
 *     none -> ejected -> trialOpen -> onTrial -> none, or ejected again for longer
 *
 * and each step is one atomic replacement, so exactly one thread takes it. `EjectionKeeper` takes
 * the second step when the time is over; this class takes the others.
 *
 * Only the session that holds the trial can end it: sessions that began before the ejection say
 * nothing about the backend's state after it.
 */
export class PassiveHealth {
  readonly #inputs: PassiveHealthInputs;
  readonly #state: SharedState;
  #settings: PoolSettings;
  #rows: readonly number[];

  constructor(pool: PoolPlan, inputs: PassiveHealthInputs) {
    this.#inputs = inputs;
    this.#state = inputs.state;
    this.#settings = pool.settings;
    this.#rows = pool.backendRows;
  }

  /** Adopts new settings and backends. */
  update(pool: PoolPlan): void {
    this.#settings = pool.settings;
    this.#rows = pool.backendRows;
  }

  /** A session was connected. */
  connected(row: number): void {
    if (this.#settings.maxFails === 0) return;
    this.#state.resetWindow.countSession(row, this.#inputs.now());
  }

  /**
   * A session was connected, and the backend has answered or has lasted the time of a trial.
   *
   * @param onTrial whether the session holds the trial
   */
  succeeded(row: number, onTrial: boolean): void {
    const state = this.#state;
    if (onTrial && state.backendCell(row, BackendCell.ejection) === EJECTION.onTrial) {
      endEjection(state, row);
    } else if (state.backendCell(row, BackendCell.failuresInRow) !== 0) {
      forgetFailures(state, row);
    }
  }

  /**
   * A session was not connected.
   *
   * @param onTrial whether the session held the trial
   */
  failed(row: number, onTrial: boolean): void {
    this.#failed(row, onTrial, 0);
  }

  /**
   * The backend reset a session before it had sent a byte. Where that need not be its fault, it
   * counts neither for nor against the backend, even in a trial.
   *
   * @param onTrial whether the session held the trial
   */
  reset(row: number, onTrial: boolean, reset: EarlyReset): void {
    if (this.#speaksAgainst(row, reset)) this.#failed(row, onTrial, 1);
    else if (onTrial) this.abandoned(row);
  }

  /** @param resets 1 for a reset, 0 for a connection that failed */
  #failed(row: number, onTrial: boolean, resets: number): void {
    const state = this.#state;
    const { maxFails } = this.#settings;
    if (maxFails === 0) {
      if (onTrial) endEjection(state, row);
      return;
    }
    if (onTrial) this.#ejectAgain(row, resets);
    if (isEjected(state, row)) return;
    if (resets > 0) state.addBackendCell(row, BackendCell.resetsInRow, resets);
    const failures = state.addBackendCell(row, BackendCell.failuresInRow, 1) + 1;
    if (failures < maxFails) return;
    // The thread that resets the count is the one that ejects; others may have counted at the same
    // time.
    if (!state.replaceBackendCell(row, BackendCell.failuresInRow, failures, 0)) return;
    if (!this.#eject(row)) state.addBackendCell(row, BackendCell.failuresInRow, failures);
  }

  /**
   * Takes the trial of a backend whose ejection cell reads `trialOpen`. The session that gets
   * `true` holds it, and must call `succeeded`, `failed` or `abandoned` once.
   */
  takeTrial(row: number): boolean {
    const state = this.#state;
    const { trialOpen, onTrial } = EJECTION;
    if (!state.replaceBackendCell(row, BackendCell.ejection, trialOpen, onTrial)) return false;
    const { connectTimeoutMs, failTimeoutMs } = this.#settings;
    const patienceMs = connectTimeoutMs + failTimeoutMs;
    state.setBackendReading(
      row,
      BackendReading.ejectionUntilMs,
      this.#inputs.now() + patienceMs,
    );
    state.advanceEpoch();
    return true;
  }

  /** The session that held the trial has ended without a result: another one may try. */
  abandoned(row: number): void {
    const { trialOpen, onTrial } = EJECTION;
    const state = this.#state;
    if (!state.replaceBackendCell(row, BackendCell.ejection, onTrial, trialOpen)) return;
    state.advanceEpoch();
  }

  /**
   * Whether a reset shows that the backend is at fault, by itself or together with earlier ones.
   */
  #speaksAgainst(row: number, reset: EarlyReset): boolean {
    if (this.#settings.maxFails === 0 || !mayBeProvoked(reset)) return true;
    // The window does not know sessions that began earlier, so a reset of one cannot count as a
    // share.
    if (reset.openMs > SLICE_MS) return false;
    const nowMs = this.#inputs.now();
    const { resetWindow } = this.#state;
    resetWindow.countReset(row, reset.clientKey, nowMs);
    return isToBlame({
      clients: resetWindow.clients(row, nowMs),
      resets: resetWindow.resets(row, nowMs),
      sessions: resetWindow.sessions(row, nowMs),
    });
  }

  /**
   * Ejects a backend, unless too many are ejected or none would be left. Returns whether it did.
   */
  #eject(row: number): boolean {
    const state = this.#state;
    if (!isUsable(state, row) || !this.#rows.includes(row)) return false;
    if (!this.#leavesEnough(row)) return false;
    this.#setEnd(row, state.backendCell(row, BackendCell.ejectionsInRow) + 1);
    const { none, ejected } = EJECTION;
    if (!state.replaceBackendCell(row, BackendCell.ejection, none, ejected)) return false;
    // Another worker may have ejected another backend in the meantime, each counting on the other.
    // The later of the two sees both here and revokes its own; at worst both do.
    if (
      !this.#leavesEnough(row) &&
      state.replaceBackendCell(row, BackendCell.ejection, ejected, none)
    ) return false;
    this.#count(row);
    return true;
  }

  /** A failed trial: the next ejection in a row. */
  #ejectAgain(row: number, resets: number): void {
    const state = this.#state;
    if (state.backendCell(row, BackendCell.ejection) !== EJECTION.onTrial) return;
    if (resets > 0) state.addBackendCell(row, BackendCell.resetsInRow, resets);
    this.#setEnd(row, state.backendCell(row, BackendCell.ejectionsInRow) + 1);
    const { onTrial, ejected } = EJECTION;
    if (state.replaceBackendCell(row, BackendCell.ejection, onTrial, ejected)) this.#count(row);
  }

  #count(row: number): void {
    const state = this.#state;
    state.addBackendCell(row, BackendCell.ejectionsInRow, 1);
    state.addBackendTally(this.#inputs.slot, row, BackendTally.ejections, 1);
    state.advanceEpoch();
  }

  /** Written before the ejection itself, so that no thread sees the ejection with a stale end. */
  #setEnd(row: number, inRow: number): void {
    const { now, random } = this.#inputs;
    const lastsMs = ejectionTimeMs(this.#settings.failTimeoutMs, inRow, random());
    this.#state.setBackendReading(row, BackendReading.ejectionUntilMs, now() + lastsMs);
  }

  /**
   * Whether the pool can do without a backend: the limit on ejected ones holds, and another one
   * takes sessions. Primaries and backups count alike, because backups take over from primaries: a
   * failing primary with a backup behind it is not the last one.
   */
  #leavesEnough(row: number): boolean {
    const most = mostEjected(this.#rows.length, this.#settings.maxEjectedPercent);
    let ejected = 1;
    let anyUsable = false;
    for (const other of this.#rows) {
      if (other === row) continue;
      if (isEjected(this.#state, other)) ejected++;
      else anyUsable ||= isUsable(this.#state, other);
    }
    return ejected <= most && anyUsable;
  }
}
