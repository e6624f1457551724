import type { Scheduler } from "../base/scheduler.ts";
import type { BackendSettings, PoolSettings } from "../config/settings.ts";
import { EJECTION } from "../state/codes.ts";
import { BackendCell, BackendReading } from "../state/counters.ts";
import type { PoolPlan } from "../state/pool_plan.ts";
import type { SharedState } from "../state/shared_state.ts";
import {
  ejectionTimeMs,
  endEjection,
  forgetFailures,
  isEjected,
  isEjectedForResets,
  isUsable,
  isUsableBut,
  longestEjectionMs,
  mostEjected,
} from "./ejection.ts";

/** A backend was ejected, ejected again after a failed trial, or takes sessions again. */
export interface EjectionChange {
  readonly pool: PoolSettings;
  readonly backend: BackendSettings;
  readonly row: number;
  readonly ejected: boolean;
  /** Whether it had been ejected before and its trial failed. */
  readonly again: boolean;
  /** How long it lasts, without the random extra time; 0 where it takes sessions again. */
  readonly lastsMs: number;
  readonly reason: string;
}

export interface EjectionKeeperInputs {
  readonly state: SharedState;
  /** Milliseconds on a clock that all threads share and that cannot be set. */
  readonly now: () => number;
  readonly scheduler: Scheduler;
  readonly onChange: (change: EjectionChange) => void;
}

/** How often the main thread polls: an ejection is reported and ended at most this late. */
const POLL_MS = 250;

/** What the main thread remembers of a backend between two polls. */
interface Kept {
  readonly pool: PoolPlan;
  readonly backend: BackendSettings;
  readonly row: number;
  /** The ejection code at the last poll. */
  seen: number;
  /** Since when it has been good, while its ejections in a row are being counted down. */
  goodSinceMs: number | undefined;
}

/**
 * The main thread's part of passive health: notices what workers have ejected and reports it once,
 * opens the trial when an ejection is over, and counts ejections in a row down while all is well.
 *
 * It polls. A poll costs one atomic read unless the epoch has moved or a backend is ejected.
 */
export class EjectionKeeper {
  readonly #inputs: EjectionKeeperInputs;
  readonly #state: SharedState;
  #kept: ReadonlyMap<number, Kept> = new Map();
  /** Those with an ejection or a count of ejections: checked on every poll. */
  readonly #unsettled = new Set<Kept>();
  #epoch = 0;
  #cancel: (() => void) | undefined;

  constructor(inputs: EjectionKeeperInputs) {
    this.#inputs = inputs;
    this.#state = inputs.state;
  }

  /**
   * Starts watching these pools. A backend that stays keeps its ejection, as far as the pool's
   * settings still allow it; one that leaves loses it.
   */
  update(pools: readonly PoolPlan[]): void {
    const before = this.#kept;
    const kept = new Map<number, Kept>();
    for (const pool of pools) {
      pool.backendRows.forEach((row, index) => {
        const backend = pool.settings.backends[index] as BackendSettings;
        const known = before.get(row);
        const same = known?.backend.id === backend.id &&
          known.pool.row === pool.row;
        const { seen, goodSinceMs } = same
          ? known
          : { seen: EJECTION.none, goodSinceMs: undefined };
        kept.set(row, { pool, backend, row, seen, goodSinceMs });
      });
    }
    for (const [row, { backend }] of before) {
      if (kept.get(row)?.backend.id !== backend.id) this.#forget(row);
    }
    this.#kept = kept;
    this.#unsettled.clear();
    for (const one of kept.values()) if (this.#isUnsettled(one)) this.#unsettled.add(one);
    for (const pool of pools) this.#relieve(pool);
    this.#cancel?.();
    this.#cancel = undefined;
    if (kept.size > 0) this.#wait();
  }

  /**
   * Call when a check that began while a backend was ejected has connected to it. That is all the
   * check says about sessions: an ejection for resets continues, and its trial decides.
   */
  checkPassed(row: number): void {
    if (!isEjectedForResets(this.#state, row)) this.clear(row, "a health check passed");
  }

  /**
   * Lets a backend take sessions again for a reason other than its trial.
   *
   * @param reason why, in words that follow "… is no longer ejected: "
   */
  clear(row: number, reason: string): void {
    const kept = this.#kept.get(row);
    if (kept === undefined || !endEjection(this.#state, row)) return;
    const { seen } = kept;
    kept.seen = EJECTION.none;
    this.#unsettled.add(kept);
    if (seen !== EJECTION.none) this.#report(kept, false, false, reason);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(): void {
    this.#cancel = this.#inputs.scheduler.after(POLL_MS, () => {
      this.#wait();
      this.#poll();
    });
  }

  #poll(): void {
    const { epoch } = this.#state;
    const moved = epoch !== this.#epoch;
    this.#epoch = epoch;
    if (!moved && this.#unsettled.size === 0) return;
    const nowMs = this.#inputs.now();
    const pools = new Set<PoolPlan>();
    for (const kept of moved ? this.#kept.values() : [...this.#unsettled]) {
      this.#look(kept, nowMs);
      if (kept.seen !== EJECTION.none) pools.add(kept.pool);
      if (this.#isUnsettled(kept)) this.#unsettled.add(kept);
      else this.#unsettled.delete(kept);
    }
    for (const pool of pools) this.#relieve(pool);
  }

  #look(kept: Kept, nowMs: number): void {
    const code = this.#state.backendCell(kept.row, BackendCell.ejection);
    const { seen } = kept;
    kept.seen = code;
    if (code === EJECTION.none) {
      if (seen !== EJECTION.none) this.#report(kept, false, false, "the trial session succeeded");
      this.#countDown(kept, nowMs);
      return;
    }
    kept.goodSinceMs = undefined;
    if (code === EJECTION.ejected && seen !== EJECTION.ejected) {
      const again = seen !== EJECTION.none;
      const reason = again ? "the trial session failed" : this.#describeFailures(kept);
      this.#report(kept, true, again, reason);
    }
    // A trial without a result for long is passed to another session, because the worker that had
    // it may be gone.
    if (code !== EJECTION.trialOpen && this.#isOver(kept, nowMs)) this.#openTrial(kept, code);
  }

  #describeFailures({ pool: { settings: { maxFails } }, row }: Kept): string {
    const resets = this.#state.backendCell(row, BackendCell.resetsInRow);
    if (resets === 0) {
      return maxFails === 1 ? "a connection failed" : `${maxFails} connections in a row failed`;
    }
    if (maxFails === 1) return "a session was reset";
    return resets >= maxFails
      ? `${maxFails} sessions in a row were reset`
      : `${maxFails} sessions in a row failed, some of them by a reset`;
  }

  #openTrial(kept: Kept, code: number): void {
    const { trialOpen } = EJECTION;
    if (!this.#state.replaceBackendCell(kept.row, BackendCell.ejection, code, trialOpen)) return;
    kept.seen = trialOpen;
    this.#state.advanceEpoch();
  }

  #isOver({ pool, row }: Kept, nowMs: number): boolean {
    const { connectTimeoutMs, failTimeoutMs } = pool.settings;
    const leftMs = this.#untilMs(row) - nowMs;
    // More time than possible is left where the settings have changed since.
    return leftMs <= 0 || leftMs > longestEjectionMs(failTimeoutMs) + connectTimeoutMs;
  }

  /** Subtracts one ejection in a row for every `fail_timeout` without another one. */
  #countDown(kept: Kept, nowMs: number): void {
    const { row } = kept;
    const inRow = this.#state.backendCell(row, BackendCell.ejectionsInRow);
    if (inRow === 0) {
      kept.goodSinceMs = undefined;
      return;
    }
    kept.goodSinceMs ??= nowMs;
    const { failTimeoutMs } = kept.pool.settings;
    const periods = Math.floor((nowMs - kept.goodSinceMs) / failTimeoutMs);
    if (periods <= 0) return;
    kept.goodSinceMs += periods * failTimeoutMs;
    const left = Math.max(0, inRow - periods);
    this.#state.replaceBackendCell(row, BackendCell.ejectionsInRow, inRow, left);
  }

  /**
   * Revokes ejections that would not be made now, the oldest first: where the settings have
   * changed, or where the remaining backends have gone down. This covers pools whose passive health
   * is off, too: a worker may eject by the old settings after the main thread has new ones.
   */
  #relieve(pool: PoolPlan): void {
    const rows = pool.backendRows;
    const ejected = rows.filter((row) => this.#kept.has(row) && isEjected(this.#state, row))
      .sort((a, b) => this.#untilMs(a) - this.#untilMs(b));
    const { maxFails, maxEjectedPercent } = pool.settings;
    const most = maxFails === 0 ? 0 : mostEjected(rows.length, maxEjectedPercent);
    for (const row of ejected.splice(0, ejected.length - most)) {
      this.clear(row, "the settings no longer allow the ejection");
    }
    if (rows.some((row) => isUsable(this.#state, row))) return;
    const last = ejected.find((row) => isUsableBut(this.#state, row));
    if (last !== undefined) this.clear(last, "the pool has no other backend left");
  }

  #forget(row: number): void {
    endEjection(this.#state, row);
    forgetFailures(this.#state, row);
    this.#state.setBackendCell(row, BackendCell.ejectionsInRow, 0);
  }

  #isUnsettled({ row, seen }: Kept): boolean {
    return seen !== EJECTION.none || isEjected(this.#state, row) ||
      this.#state.backendCell(row, BackendCell.ejectionsInRow) > 0;
  }

  #untilMs(row: number): number {
    return this.#state.backendReading(row, BackendReading.ejectionUntilMs);
  }

  #report(kept: Kept, ejected: boolean, again: boolean, reason: string): void {
    const { pool: { settings: pool }, backend, row } = kept;
    const inRow = Math.max(1, this.#state.backendCell(row, BackendCell.ejectionsInRow));
    const lastsMs = ejected ? ejectionTimeMs(pool.failTimeoutMs, inRow, 0) : 0;
    this.#inputs.onChange({ pool, backend, row, ejected, again, lastsMs, reason });
  }
}
