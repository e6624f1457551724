import type { Scheduler } from "../base/scheduler.ts";
import type { BackendSettings, PoolSettings } from "../config/settings.ts";
import { HEALTH, MODE } from "../state/codes.ts";
import { BackendCell, BackendReading, BackendTally } from "../state/counters.ts";
import type { PoolPlan } from "../state/pool_plan.ts";
import type { SharedState } from "../state/shared_state.ts";
import { Check, isCheckable, Probing } from "./_check.ts";
import { DueOrder } from "./_due_order.ts";
import { forgetFailures, isEjected } from "./ejection.ts";
import { mainSlot } from "./main_slot.ts";
import { isAtSessionsPort, type ProbeResult } from "./probe.ts";
import type { Probes } from "./probes.ts";

/** A change of verdict. */
export interface HealthFlip {
  readonly pool: PoolSettings;
  readonly backend: BackendSettings;
  readonly row: number;
  readonly up: boolean;
  /** In words that follow "… is down: " or "… is up: ". */
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

export interface HealthCheckerInputs {
  readonly state: SharedState;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A uniform number in [0, 1). */
  readonly random: () => number;
  readonly scheduler: Scheduler;
  readonly probes: Probes;
  readonly onFlip: (flip: HealthFlip) => void;
  /**
   * A check that began while the backend was ejected has passed, on the port that sessions use:
   * whatever else it tested, the backend accepts connections.
   */
  readonly onPassWhileEjected: (row: number) => void;
}

/** The time between two checks is up to this much longer than `health_interval`. */
const JITTER = 0.1;
/** While a verdict is in doubt, `health_interval` is divided by this. */
const HASTE = 4;
/** The most checks at once. Further ones wait, leaving file descriptors for the sessions. */
const MOST_AT_ONCE = 256;
/** Checks due within this time run together, so that many backends cause no more wake-ups. */
const TICK_MS = 10;

/**
 * Probes backends on the main thread and writes to the shared state which of them are up.
 *
 * One timer serves all backends: it is set for the next check that is due or the next deadline of
 * those in progress. A verdict is written, and the epoch advanced, only when it changes. Repeated
 * failures are not reported.
 */
export class HealthChecker {
  readonly #inputs: HealthCheckerInputs;
  readonly #state: SharedState;
  readonly #slot: number;
  #checks: ReadonlyMap<number, Check> = new Map();
  readonly #due = new DueOrder<Check>();
  readonly #deadlines = new DueOrder<Probing>();
  readonly #running = new Set<Promise<void>>();
  #wakeMs = Infinity;
  #cancel: (() => void) | undefined;

  constructor(inputs: HealthCheckerInputs) {
    this.#inputs = inputs;
    this.#state = inputs.state;
    this.#slot = mainSlot(inputs.state);
  }

  /**
   * Starts checking these backends. A backend that stays keeps its verdict and its counts; a new
   * one counts as up until its checks fail; one that is no longer checked counts as up again.
   */
  update(pools: readonly PoolPlan[]): void {
    const before = this.#checks;
    const checks = new Map<number, Check>();
    const added: Check[] = [];
    for (const { settings: pool, row: poolRow, backendRows } of pools) {
      backendRows.forEach((row, index) => {
        const backend = pool.backends[index] as BackendSettings;
        const known = before.get(row);
        const same = known?.backend.id === backend.id && known.poolRow === poolRow;
        if (!isCheckable(pool, backend)) {
          this.#stopChecking(row, pool, backend);
          return;
        }
        const check = same ? known : new Check({ poolRow, row }, pool, backend);
        checks.set(row, check);
        if (!same) added.push(check);
        else if (check.adopt(pool, backend)) this.#startAfresh(check);
        else this.#bringForward(check);
      });
    }
    for (const check of before.values()) {
      if (checks.get(check.row) !== check) this.#drop(check);
    }
    this.#checks = checks;
    this.#spread(added);
    this.#arm();
  }

  /** Ends all checks, and resolves once their connections are closed. The verdicts stay. */
  async stop(): Promise<void> {
    for (const check of this.#checks.values()) this.#drop(check);
    this.#checks = new Map();
    this.#arm();
    await Promise.all(this.#running);
  }

  /** Spreads the first checks evenly over the interval, with some jitter. */
  #spread(added: readonly Check[]): void {
    const nowMs = this.#inputs.scheduler.nowMs();
    added.forEach((check, index) => {
      const share = (index + this.#inputs.random()) / added.length;
      this.#due.set(check, nowMs + share * check.pool.healthIntervalMs);
      this.#state.setBackendReading(check.row, BackendReading.healthSinceMs, this.#inputs.now());
      this.#writeVerdict(check.row, true);
    });
  }

  #drop(check: Check): void {
    this.#due.remove(check);
    check.probing?.abort();
    check.probing = undefined;
  }

  /** A result obtained in another way, or elsewhere, is no reason to wait. */
  #startAfresh(check: Check): void {
    this.#drop(check);
    this.#due.set(check, this.#inputs.scheduler.nowMs());
  }

  /** A shorter interval applies at once, not only after a check that may be a day away. */
  #bringForward(check: Check): void {
    const nowMs = this.#inputs.scheduler.nowMs();
    const { healthIntervalMs } = check.pool;
    if (check.probing !== undefined || check.dueMs <= nowMs + healthIntervalMs * (1 + JITTER)) {
      return;
    }
    this.#due.set(check, nowMs + healthIntervalMs * this.#inputs.random());
  }

  #stopChecking(row: number, pool: PoolSettings, backend: BackendSettings): void {
    if (!this.#writeVerdict(row, true)) return;
    this.#flip(row, pool, backend, true, "it is no longer checked");
  }

  /** Sets the timer for what comes next, unless it fires before that anyway. */
  #arm(): void {
    const roomForMore = this.#running.size < MOST_AT_ONCE;
    const dueMs = roomForMore ? this.#due.first?.dueMs ?? Infinity : Infinity;
    const wakeMs = Math.min(dueMs, this.#deadlines.first?.dueMs ?? Infinity);
    if (wakeMs >= this.#wakeMs && this.#checks.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#wakeMs = wakeMs;
    if (wakeMs === Infinity) return;
    const { scheduler } = this.#inputs;
    const waitMs = Math.max(TICK_MS, wakeMs - scheduler.nowMs());
    this.#cancel = scheduler.after(waitMs, () => this.#wake());
  }

  #wake(): void {
    this.#cancel = undefined;
    this.#wakeMs = Infinity;
    const nowMs = this.#inputs.scheduler.nowMs();
    for (
      let late = this.#deadlines.first;
      late !== undefined && late.dueMs <= nowMs;
      late = this.#deadlines.first
    ) {
      this.#deadlines.remove(late);
      late.abort();
    }
    for (
      let check = this.#due.first;
      check !== undefined && check.dueMs <= nowMs && this.#running.size < MOST_AT_ONCE;
      check = this.#due.first
    ) {
      this.#due.remove(check);
      if (this.#isInMaintenance(check)) this.#setNext(check, nowMs);
      else this.#start(check, nowMs);
    }
    this.#arm();
  }

  #start(check: Check, nowMs: number): void {
    const { healthCheck, healthTimeoutMs } = check.pool;
    if (healthCheck.kind === "off") return;
    const probing = new Probing(check, nowMs, isEjected(this.#state, check.row));
    check.probing = probing;
    this.#deadlines.set(probing, nowMs + healthTimeoutMs);
    const { pool, backend } = check;
    const probe = this.#inputs.probes[healthCheck.kind];
    const running = probe({ pool, backend }, probing.signal).then((result) => {
      this.#running.delete(running);
      this.#deadlines.remove(probing);
      // Another probe, or none, where the settings have changed in the meantime.
      if (check.probing === probing) this.#finish(check, probing, result);
      this.#arm();
    });
    this.#running.add(running);
  }

  #finish(check: Check, probing: Probing, result: ProbeResult): void {
    check.probing = undefined;
    // If an operator has put it into maintenance meanwhile, the result does not count.
    if (!this.#isInMaintenance(check)) this.#judge(check, probing, result);
    if (this.#checks.get(check.row) === check) this.#setNext(check, probing.startedMs);
  }

  #judge(check: Check, probing: Probing, result: ProbeResult): void {
    const { row, riseFall } = check;
    if (!result.passed && result.local) return;
    const { checksPassed, checksFailed } = BackendTally;
    const tally = result.passed ? checksPassed : checksFailed;
    this.#state.addBackendTally(this.#slot, row, tally, 1);
    if (riseFall.take(result.passed)) {
      const { healthRise } = check.pool;
      const praise = healthRise === 1 ? "a check passed" : `${healthRise} checks in a row passed`;
      const { up } = riseFall;
      // Earlier failed sessions say nothing about a backend that is up again.
      if (up) forgetFailures(this.#state, row);
      this.#writeVerdict(row, up);
      this.#flip(row, check.pool, check.backend, up, result.passed ? praise : result.reason);
    }
    if (result.passed && probing.whileEjected && isAtSessionsPort(check)) {
      this.#inputs.onPassWhileEjected(row);
    }
  }

  /** The interval is measured from start to start; a check that took longer is repeated at once. */
  #setNext(check: Check, fromMs: number): void {
    const { healthIntervalMs } = check.pool;
    const intervalMs = check.riseFall.inDoubt ? healthIntervalMs / HASTE : healthIntervalMs;
    const nextMs = fromMs + intervalMs * (1 + JITTER * this.#inputs.random());
    this.#due.set(check, Math.max(nextMs, this.#inputs.scheduler.nowMs()));
  }

  /** Returns whether that changed anything. */
  #writeVerdict(row: number, up: boolean): boolean {
    const [before, after] = up ? [HEALTH.down, HEALTH.up] : [HEALTH.up, HEALTH.down];
    const changed = this.#state.replaceBackendCell(row, BackendCell.health, before, after);
    if (changed) this.#state.advanceEpoch();
    return changed;
  }

  #flip(
    row: number,
    pool: PoolSettings,
    backend: BackendSettings,
    up: boolean,
    reason: string,
  ): void {
    const atMs = this.#inputs.now();
    this.#state.setBackendReading(row, BackendReading.healthSinceMs, atMs);
    if (!up) this.#state.addBackendTally(this.#slot, row, BackendTally.downs, 1);
    this.#inputs.onFlip({ pool, backend, row, up, reason, atMs });
  }

  #isInMaintenance(check: Check): boolean {
    return this.#state.backendCell(check.row, BackendCell.mode) === MODE.maintenance;
  }
}
