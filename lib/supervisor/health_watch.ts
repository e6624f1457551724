import { formatDuration } from "../base/duration.ts";
import type { BackendModeName } from "../config/settings.ts";
import { type Generation, watchedPool } from "../engine/generation.ts";
import { type EjectionChange, EjectionKeeper } from "../health/ejection_keeper.ts";
import { HealthChecker, type HealthFlip } from "../health/health_checker.ts";
import { PROBES } from "../health/probes.ts";
import { SYSTEM_SCHEDULER } from "../health/scheduler.ts";
import { SlowStart } from "../health/slow_start.ts";
import { loggerFor } from "../log/logging.ts";
import type { SharedState } from "../state/shared_state.ts";
import type { EventLog } from "./event_log.ts";

export interface HealthWatchInputs {
  readonly state: SharedState;
  readonly events: EventLog;
  /** The weight that is wanted of the backend of a row, by the file or by an operator. */
  readonly weightOf: (row: number) => number;
  /** Closes the sessions that workers have with the backend of a row. */
  readonly closeSessions: (row: number) => void;
}

/**
 * Everything on the main thread that watches over the backends' health, and tells of it: probes,
 * the end of ejections, and slow starts.
 */
export class HealthWatch {
  readonly #inputs: HealthWatchInputs;
  readonly #logger = loggerFor("health");
  readonly #slowStart: SlowStart;
  readonly #keeper: EjectionKeeper;
  readonly #checker: HealthChecker;

  constructor(inputs: HealthWatchInputs) {
    const { state } = inputs;
    const scheduler = SYSTEM_SCHEDULER;
    this.#inputs = inputs;
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

  /** Watches over the backends of a generation from now on. Its weights and modes are in force. */
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
  }

  /** Hears that an operator has set a backend's weight. */
  weightSet(row: number, weight: number): void {
    this.#slowStart.setWeight(row, weight);
  }

  /** Hears that an operator has set a backend's mode. */
  modeSet(row: number, before: BackendModeName, mode: BackendModeName): void {
    if (before === "maintenance" && mode === "ready") this.#slowStart.begin(row);
  }

  /** Ends all checks. */
  async stop(): Promise<void> {
    this.#keeper.stop();
    this.#slowStart.stop();
    await this.#checker.stop();
  }

  #flipped({ listener, backend, row, up, reason }: HealthFlip): void {
    const word = up ? "up" : "down";
    const text = `Backend ${backend.name} of listener ${listener.key} is ${word}: ${reason}`;
    if (up) this.#logger.info("{text}", { text });
    else this.#logger.warn("{text}", { text });
    this.#inputs.events.add("health", text, { listener: listener.key, backend: backend.name });
    if (up) {
      this.#slowStart.begin(row);
    } else {
      this.#slowStart.cancel(row);
      if (listener.onDown === "close") this.#inputs.closeSessions(row);
    }
  }

  #ejectionChanged(change: EjectionChange): void {
    const { listener, backend, row, ejected, again, untilMs, reason } = change;
    this.#slowStart.ejectionChanged(row, ejected);
    const who = `Backend ${backend.name} of listener ${listener.key}`;
    const lastsMs = Math.max(0, Math.round(untilMs - this.#inputs.state.clockMs));
    const lasts = formatDuration(lastsMs < 1000 ? lastsMs : Math.round(lastsMs / 1000) * 1000);
    const text = ejected
      ? `${who} is ejected${again ? " again" : ""} for ${lasts}: ${reason}`
      : `${who} is not ejected any more: ${reason}`;
    if (ejected) this.#logger.warn("{text}", { text });
    else this.#logger.info("{text}", { text });
    this.#inputs.events.add("ejection", text, { listener: listener.key, backend: backend.name });
  }
}
