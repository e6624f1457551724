import { formatDuration } from "../base/duration.ts";
import { SYSTEM_SCHEDULER } from "../base/scheduler.ts";
import type { BackendModeName } from "../config/settings.ts";
import type { Generation } from "../engine/generation.ts";
import { isUsableBut } from "../health/ejection.ts";
import { type EjectionChange, EjectionKeeper } from "../health/ejection_keeper.ts";
import { HealthChecker, type HealthFlip } from "../health/health_checker.ts";
import { PROBES } from "../health/probes.ts";
import { SlowStart } from "../health/slow_start.ts";
import type { PoolPlan } from "../state/pool_plan.ts";
import type { SharedState } from "../state/shared_state.ts";
import type { EventLog } from "./event_log.ts";
import { HealthNews } from "./health_news.ts";

export interface HealthWatchInputs {
  readonly state: SharedState;
  readonly events: EventLog;
  /** The weight that the file or an operator wants for the backend of a row. */
  readonly weightOf: (row: number) => number;
  /** Closes the workers' sessions with the backend of a row. */
  readonly closeSessions: (row: number) => void;
}

/**
 * Everything on the main thread that monitors and reports the backends' health: probes, the end of
 * ejections, and slow starts.
 */
export class HealthWatch {
  readonly #inputs: HealthWatchInputs;
  readonly #news: HealthNews;
  readonly #slowStart: SlowStart;
  readonly #keeper: EjectionKeeper;
  readonly #checker: HealthChecker;
  /** By the rows of their backends. */
  #pools: ReadonlyMap<number, PoolPlan> = new Map();
  /** The rows of pools without a backend that takes sessions. */
  readonly #unserved = new Set<number>();

  constructor(inputs: HealthWatchInputs) {
    const { state } = inputs;
    const scheduler = SYSTEM_SCHEDULER;
    this.#inputs = inputs;
    this.#news = new HealthNews(inputs.events, scheduler);
    this.#slowStart = new SlowStart({ state, scheduler });
    this.#keeper = new EjectionKeeper({
      state,
      now: () => state.clockMs,
      scheduler,
      onChange: (change) => this.#ejectionChanged(change),
    });
    this.#checker = new HealthChecker({
      state,
      now: Date.now,
      scheduler,
      random: Math.random,
      probes: PROBES,
      onFlip: (flip) => this.#flipped(flip),
      onPassWhileEjected: (row) => this.#keeper.checkPassed(row),
    });
  }

  /** Starts monitoring the backends of a generation. Its weights and modes are already in force. */
  update({ pools }: Generation): void {
    this.#slowStart.update(pools);
    for (const { settings, backendRows } of pools) {
      settings.backends.forEach(({ weight }, index) => {
        const row = backendRows[index] as number;
        const wanted = this.#inputs.weightOf(row);
        if (wanted !== weight) this.#slowStart.setWeight(row, wanted);
      });
    }
    this.#keeper.update(pools);
    this.#checker.update(pools);
    this.#pools = new Map(
      pools.flatMap((pool) => pool.backendRows.map((row) => [row, pool] as const)),
    );
    for (const row of this.#unserved) {
      if (!pools.some((pool) => pool.row === row)) this.#unserved.delete(row);
    }
    for (const pool of pools) this.#lookAt(pool);
    const names = new Map(
      pools.map(({ settings: { name, backends } }) =>
        [name, new Set(backends.map(({ name }) => name))] as const
      ),
    );
    this.#inputs.events.keepOnly((pool, backend) => names.get(pool)?.has(backend) ?? false);
  }

  /** Call when an operator has set a backend's weight. */
  weightSet(row: number, weight: number): void {
    this.#slowStart.setWeight(row, weight);
    this.#lookAtPoolOf(row);
  }

  /** Call when an operator has set a backend's mode. */
  modeSet(row: number, before: BackendModeName, mode: BackendModeName): void {
    if (before === "maintenance" && mode === "ready") this.#slowStart.begin(row);
    this.#lookAtPoolOf(row);
  }

  /** Ends all checks. */
  async stop(): Promise<void> {
    this.#keeper.stop();
    this.#slowStart.stop();
    this.#news.close();
    await this.#checker.stop();
  }

  #flipped({ pool, backend, row, up, reason }: HealthFlip): void {
    const state = up ? "up" : "down";
    this.#news.tell({
      kind: "health",
      state,
      pool: pool.name,
      backend: backend.name,
      text: `Backend ${backend.name} of pool ${pool.name} is ${state}: ${reason}`,
    });
    if (up) {
      this.#slowStart.begin(row);
    } else {
      this.#slowStart.cancel(row);
      if (pool.onDown === "close") this.#inputs.closeSessions(row);
    }
    this.#lookAtPoolOf(row);
  }

  #ejectionChanged(change: EjectionChange): void {
    const { pool, backend, row, ejected, again, lastsMs, reason } = change;
    this.#slowStart.ejectionChanged(row, ejected);
    const what = ejected
      ? `is ejected${again ? " again" : ""} for ${formatDuration(lastsMs)}`
      : "is no longer ejected";
    this.#news.tell({
      kind: "ejection",
      state: ejected ? "ejected" : "returned",
      pool: pool.name,
      backend: backend.name,
      text: `Backend ${backend.name} of pool ${pool.name} ${what}: ${reason}`,
    });
  }

  #lookAtPoolOf(row: number): void {
    const pool = this.#pools.get(row);
    if (pool !== undefined) this.#lookAt(pool);
  }

  /** Reports when a pool has lost its last backend, and when it has one again. */
  #lookAt(pool: PoolPlan): void {
    const { settings: { name }, row } = pool;
    // Ejections do not count: where they alone would leave no backend, ejected ones are used anyway.
    const isServed = pool.backendRows.some((row) => isUsableBut(this.#inputs.state, row));
    if (isServed !== this.#unserved.has(row)) return;
    if (isServed) this.#unserved.delete(row);
    else this.#unserved.add(row);
    this.#news.tell({
      kind: "health",
      state: isServed ? "served" : "lost",
      pool: name,
      text: isServed
        ? `Pool ${name} has a backend that takes sessions again`
        : `Pool ${name} has no backend left that takes sessions: new connections are closed`,
    });
  }
}
