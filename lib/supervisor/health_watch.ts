import { formatDuration } from "../base/duration.ts";
import { SYSTEM_SCHEDULER } from "../base/scheduler.ts";
import type { BackendModeName } from "../config/settings.ts";
import { type Generation, watchedPool } from "../engine/generation.ts";
import { type EjectionChange, EjectionKeeper } from "../health/ejection_keeper.ts";
import { HealthChecker, type HealthFlip } from "../health/health_checker.ts";
import { PROBES } from "../health/probes.ts";
import { SlowStart } from "../health/slow_start.ts";
import { hasUsableBackend, type WatchedPool } from "../health/watched_pool.ts";
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
  #pools: ReadonlyMap<number, WatchedPool> = new Map();
  /** The rows of listeners without a backend that takes sessions. */
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
  update({ listeners }: Generation): void {
    const pools = listeners.map(watchedPool);
    this.#slowStart.update(pools);
    for (const { listener, backendRows } of pools) {
      listener.backends.forEach(({ weight }, index) => {
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
      if (!pools.some(({ listenerRow }) => listenerRow === row)) this.#unserved.delete(row);
    }
    for (const pool of pools) this.#lookAt(pool);
    const names = new Map(
      pools.map(({ listener: { key, backends } }) =>
        [key, new Set(backends.map(({ name }) => name))] as const
      ),
    );
    this.#inputs.events.keepOnly((key, backend) => names.get(key)?.has(backend) ?? false);
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

  #flipped({ listener, backend, row, up, reason }: HealthFlip): void {
    const state = up ? "up" : "down";
    this.#news.tell({
      kind: "health",
      state,
      listener: listener.key,
      backend: backend.name,
      text: `Backend ${backend.name} of listener ${listener.key} is ${state}: ${reason}`,
    });
    if (up) {
      this.#slowStart.begin(row);
    } else {
      this.#slowStart.cancel(row);
      if (listener.onDown === "close") this.#inputs.closeSessions(row);
    }
    this.#lookAtPoolOf(row);
  }

  #ejectionChanged(change: EjectionChange): void {
    const { listener, backend, row, ejected, again, lastsMs, reason } = change;
    this.#slowStart.ejectionChanged(row, ejected);
    const what = ejected
      ? `is ejected${again ? " again" : ""} for ${formatDuration(lastsMs)}`
      : "is no longer ejected";
    this.#news.tell({
      kind: "ejection",
      state: ejected ? "ejected" : "returned",
      listener: listener.key,
      backend: backend.name,
      text: `Backend ${backend.name} of listener ${listener.key} ${what}: ${reason}`,
    });
  }

  #lookAtPoolOf(row: number): void {
    const pool = this.#pools.get(row);
    if (pool !== undefined) this.#lookAt(pool);
  }

  /** Reports when a listener has lost its last backend, and when it has one again. */
  #lookAt(pool: WatchedPool): void {
    const { listener: { key }, listenerRow } = pool;
    const isServed = hasUsableBackend(this.#inputs.state, pool);
    if (isServed !== this.#unserved.has(listenerRow)) return;
    if (isServed) this.#unserved.delete(listenerRow);
    else this.#unserved.add(listenerRow);
    this.#news.tell({
      kind: "health",
      state: isServed ? "served" : "lost",
      listener: key,
      text: isServed
        ? `Listener ${key} has a backend that takes sessions again`
        : `Listener ${key} has no backend left that takes sessions: new connections are closed`,
    });
  }
}
