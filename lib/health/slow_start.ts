import type { Scheduler } from "../base/scheduler.ts";
import type { BackendSettings } from "../config/settings.ts";
import { BackendCell } from "../state/counters.ts";
import type { PoolPlan } from "../state/pool_plan.ts";
import type { SharedState } from "../state/shared_state.ts";
import { isUsable } from "./ejection.ts";

export interface SlowStartInputs {
  readonly state: SharedState;
  readonly scheduler: Scheduler;
}

/** A weight's unit in the shared state. */
const HUNDREDTHS = 100;
/** The most steps in which a weight rises: every step makes all workers rebuild tables. */
const MOST_STEPS = 50;
const SHORTEST_STEP_MS = 1000;

/** The least share of its weight, so that a backend with few sessions gets some at all. */
const LEAST_FACTOR = 0.1;
/** The formula counts at least this much time. */
const FIRST_MS = 1000;

/** What the main thread knows about one backend. */
interface Member {
  readonly pool: PoolPlan;
  readonly backend: BackendSettings;
  /** As configured, or as an operator has set it. */
  weight: number;
}

/** A backend whose weight rises. */
interface Ramp {
  readonly startedMs: number;
  nextMs: number;
}

/**
 * Raises the weight of a backend that comes back gradually, so that it can warm up. It writes the
 * weights to the shared state, which every algorithm uses. Used by the main thread only.
 *
 * A backend comes back when its checks pass again, when an operator ends its maintenance, and when
 * a reload puts it into a pool that was there before. Nothing starts slowly when the process
 * starts. The end of an ejection counts only where there are no health checks: elsewhere an
 * ejection is a short event between two checks, and the checks alone decide who was down.
 *
 * A backend that is alone takes everything whatever its weight: it has its full weight until there
 * is another one to share with.
 */
export class SlowStart {
  readonly #state: SharedState;
  readonly #scheduler: Scheduler;
  #members: ReadonlyMap<number, Member> = new Map();
  readonly #ramps = new Map<number, Ramp>();
  #cancel: (() => void) | undefined;

  constructor(inputs: SlowStartInputs) {
    this.#state = inputs.state;
    this.#scheduler = inputs.scheduler;
  }

  /**
   * Adopts settings, with the weights in them. Call right after the weights of all rows were
   * written: those that are rising are written again.
   */
  update(pools: readonly PoolPlan[]): void {
    const before = this.#members;
    const members = new Map<number, Member>();
    const poolsBefore = new Set([...before.values()].map(({ pool }) => pool.row));
    const back: number[] = [];
    for (const pool of pools) {
      pool.backendRows.forEach((row, index) => {
        const backend = pool.settings.backends[index] as BackendSettings;
        members.set(row, { pool, backend, weight: backend.weight });
        const known = before.get(row);
        if (known?.backend.id !== backend.id || known.pool.row !== pool.row) {
          this.#ramps.delete(row);
          if (poolsBefore.has(pool.row)) back.push(row);
        } else if (known.backend.mode === "maintenance" && backend.mode !== "maintenance") {
          back.push(row);
        }
      });
    }
    this.#members = members;
    for (const row of this.#ramps.keys()) if (!members.has(row)) this.#ramps.delete(row);
    for (const row of back) this.#begin(row);
    this.#rewrite();
  }

  /** A backend comes back: its weight starts to rise. */
  begin(row: number): void {
    this.#begin(row);
    this.#rewrite();
  }

  /** A backend was ejected, or is no longer ejected. */
  ejectionChanged(row: number, ejected: boolean): void {
    const pool = this.#members.get(row)?.pool.settings;
    if (!ejected && pool?.healthCheck.kind === "off") this.#begin(row);
    this.#rewrite();
  }

  /** A backend has gone down: when it comes back it starts over. */
  cancel(row: number): void {
    if (this.#ramps.delete(row)) this.#writeFull(row);
    this.#rewrite();
  }

  /** Sets a weight at run time, 0 to 256; it applies until the next reload. */
  setWeight(row: number, weight: number): void {
    const member = this.#members.get(row);
    if (member === undefined) return;
    member.weight = weight;
    if (!this.#ramps.has(row)) this.#writeFull(row);
    this.#rewrite();
  }

  /** The backends whose weight is rising. */
  get rising(): ReadonlySet<number> {
    return new Set(this.#ramps.keys());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #begin(row: number): void {
    const windowMs = this.#members.get(row)?.pool.settings.slowStartMs ?? 0;
    if (windowMs === 0) return;
    const startedMs = this.#scheduler.nowMs();
    this.#ramps.set(row, { startedMs, nextMs: startedMs });
  }

  /** Updates all rising weights, and sets the timer for the next step. */
  #rewrite(): void {
    this.stop();
    const nowMs = this.#scheduler.nowMs();
    let changed = false;
    let nextMs = Infinity;
    for (const [row, ramp] of this.#ramps) {
      const member = this.#members.get(row) as Member;
      const { slowStartMs } = member.pool.settings;
      const endMs = ramp.startedMs + slowStartMs;
      if (nowMs >= endMs) this.#ramps.delete(row);
      const stepMs = Math.max(SHORTEST_STEP_MS, slowStartMs / MOST_STEPS);
      while (ramp.nextMs <= nowMs) ramp.nextMs += stepMs;
      nextMs = Math.min(nextMs, nowMs >= endMs ? Infinity : Math.min(ramp.nextMs, endMs));
      const factor = this.#isAlone(row, member)
        ? 1
        : slowStartFactor(nowMs - ramp.startedMs, slowStartMs);
      changed = this.#write(row, member.weight, factor) || changed;
    }
    if (changed) this.#state.advanceEpoch();
    if (nextMs < Infinity) {
      this.#cancel = this.#scheduler.after(nextMs - nowMs, () => this.#rewrite());
    }
  }

  #writeFull(row: number): void {
    const member = this.#members.get(row);
    if (member !== undefined && this.#write(row, member.weight, 1)) this.#state.advanceEpoch();
  }

  /** Returns whether that changed anything. */
  #write(row: number, weight: number, factor: number): boolean {
    const full = Math.round(weight * HUNDREDTHS);
    // A weight of 0 stays 0; every other one keeps a chance.
    const hundredths = full === 0 ? 0 : Math.max(1, Math.round(full * factor));
    if (this.#state.backendCell(row, BackendCell.weight) === hundredths) return false;
    this.#state.setBackendCell(row, BackendCell.weight, hundredths);
    return true;
  }

  /** Whether no other backend of the pool shares sessions with it. */
  #isAlone(row: number, { pool, backend }: Member): boolean {
    return !pool.backendRows.some((other, index) =>
      other !== row && pool.settings.backends[index]?.backup === backend.backup &&
      isUsable(this.#state, other)
    );
  }
}

/**
 * The share of its weight that a backend has in its slow start: `max(1 s, elapsed) / window`, at
 * least 0.1 and at most 1. This is Envoy's formula (`slow_start_config`) with an aggression of 1.
 *
 * @param elapsedMs since the backend came back
 * @param windowMs `slow_start`; 0 returns 1
 */
export function slowStartFactor(elapsedMs: number, windowMs: number): number {
  if (elapsedMs >= windowMs) return 1;
  return Math.min(1, Math.max(LEAST_FACTOR, Math.max(FIRST_MS, elapsedMs) / windowMs));
}
