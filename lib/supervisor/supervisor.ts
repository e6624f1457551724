import type { ListenerSettings, Settings } from "../config/settings.ts";
import type { EngineChoice } from "../engine/choose_engine.ts";
import type { BindProblem, Generation } from "../engine/generation.ts";
import { SPARE_WORKER_SLOTS, WORKER_SLOTS } from "../state/layout.ts";
import { SharedClock } from "../state/shared_clock.ts";
import { SharedState } from "../state/shared_state.ts";
import type { AccessLogOwner } from "./access_log_owner.ts";
import { ChangeQueue } from "./change_queue.ts";
import { DRAIN_GRACE_MS } from "./drain_worker.ts";
import type { EventLog } from "./event_log.ts";
import { type Draft, Generations } from "./generations.ts";
import { HealthWatch } from "./health_watch.ts";
import { loggerFor } from "../log/logging.ts";
import type { Planner } from "./planner.ts";
import type { BoundSockets } from "./prepare_settings.ts";
import type { Served } from "./served_listener.ts";
import type { Staffing } from "./staffing.ts";
import { Workforce } from "./workforce.ts";
import type { WorkerHandle } from "./worker_handle.ts";
import type { WorkerUrls } from "./worker_urls.ts";

export interface SupervisorInputs {
  readonly events: EventLog;
  readonly settings: Settings;
  readonly workerUrls: WorkerUrls;
  readonly accessLog: AccessLogOwner;
}

/**
 * Ties together the workers, the generations that they serve, and the backends' health: starts
 * them, applies new settings, and ends them.
 *
 * All workers of an engine serve the same share of a generation.
 */
export class Supervisor {
  /** What all threads share. */
  readonly state: SharedState;
  readonly health: HealthWatch;
  readonly #clock: SharedClock;
  readonly #generations: Generations;
  readonly #logger = loggerFor("supervisor");
  readonly #changes = new ChangeQueue();
  readonly #workforce: Workforce;
  #stopping = false;

  constructor({ settings, events, accessLog, workerUrls }: SupervisorInputs) {
    this.state = createState(settings.workers);
    this.#clock = new SharedClock(this.state);
    this.#generations = new Generations(this.state, settings);
    this.#workforce = new Workforce({
      state: this.state,
      events,
      accessLog,
      workerUrls,
      generations: this.#generations,
      changes: this.#changes,
    });
    this.health = new HealthWatch({
      state: this.state,
      events,
      wishes: this.planner.wishes,
      closeSessions: (row) => this.#closeSessions(row),
    });
  }

  /** The settings in force. */
  get settings(): Settings {
    return this.#generations.settings;
  }

  /** The generation in force: which listener and backend has which row in the shared state. */
  get generation(): Generation {
    return this.#generations.current;
  }

  /** Knows the rows, and each backend's wanted weight and mode. */
  get planner(): Planner {
    return this.#generations.planner;
  }

  /** What is in force, and what was removed and still has sessions. */
  served(): Served {
    return this.#generations.served();
  }

  /** What the workers have bound. */
  get sockets(): BoundSockets {
    return this.#generations;
  }

  /** The engine that serves a listener that is in force or leaving, and why that one. */
  engineOf(listener: ListenerSettings): EngineChoice {
    return this.#generations.engineOf(listener);
  }

  /** The running workers. */
  get workers(): Iterable<WorkerHandle> {
    return this.#workforce.workers;
  }

  /**
   * Starts all workers and lets them serve once every one of them has bound every listener.
   * Otherwise returns what could not be bound, each listener once, and no worker is left. Rejects
   * if a worker dies while it starts.
   */
  start(): Promise<readonly BindProblem[]> {
    const generations = this.#generations;
    return this.#changes.run(async () => {
      if (generations.problems.length > 0) return generations.problems;
      this.#clock.start();
      try {
        const { inForce } = generations;
        const workers = this.#workforce.plan(inForce).start();
        const problems = await generations.prepare(workers, inForce, () => true);
        if (problems.length > 0) {
          this.terminate();
          return problems;
        }
        // From here on a worker that dies, having reported that it serves, is restarted.
        if (!this.#stopping) this.#workforce.keepUp();
        await generations.commit(workers);
        this.health.update(this.generation);
        return [];
      } catch (error) {
        this.terminate();
        throw error;
      }
    });
  }

  /**
   * Applies new settings without interruption, on all workers or on none. Returns the listeners
   * that could not be bound; nothing has changed then. Rejects with a `RangeError` if there are too
   * many backends, or too many workers.
   */
  reload(settings: Settings): Promise<readonly BindProblem[]> {
    const generations = this.#generations;
    return this.#changes.run(async () => {
      if (this.#stopping) return [{ listener: "", message: "Weir is shutting down" }];
      const { draft, problems: draftProblems } = generations.draft(settings);
      if (draft === undefined) return draftProblems;
      let staffing: Staffing;
      try {
        staffing = this.#workforce.plan(draft);
      } catch (error) {
        draft.plan.discard();
        throw error;
      }
      const problems = await this.#prepareReload(draft, staffing).catch((error: Error) => [
        { listener: "", message: error.message },
      ]);
      if (problems.length > 0) {
        for (const worker of this.workers) worker.abort();
        staffing.discard();
        draft.plan.discard();
        return problems;
      }
      const surplus = this.#workforce.enact(staffing);
      generations.enact(draft);
      this.health.update(this.generation);
      this.#workforce.configure();
      // A worker that dies now is restarted with the new plan.
      await generations.commit(this.workers).catch(() => {});
      this.#workforce.dismiss(surplus);
      this.#tellMoved(draft);
      return [];
    });
  }

  /**
   * Stops accepting, waits up to `drain_timeout` for the sessions, and ends the workers. Returns
   * how many sessions had to be closed.
   */
  async drain(): Promise<number> {
    this.#stopping = true;
    this.#workforce.stopKeepingUp();
    // A reload in the middle of this would bind listeners that nobody closes.
    await this.#changes.over(DRAIN_GRACE_MS);
    const { drainTimeoutMs, closeSpreadMs } = this.settings;
    const closed = await this.#workforce.drain(drainTimeoutMs, closeSpreadMs);
    this.terminate();
    return closed;
  }

  /** Ends all workers at once. */
  terminate(): void {
    this.#stopping = true;
    this.#clock.stop();
    void this.health.stop();
    this.#workforce.terminate();
  }

  /** Gives up on a worker that no longer answers, and starts another one in its place. */
  replace(slot: number, message: string): void {
    this.#workforce.replace(slot, message);
  }

  /** Starts the missing workers, and lets all workers bind what is new. */
  async #prepareReload(draft: Draft, staffing: Staffing): Promise<readonly BindProblem[]> {
    staffing.start();
    return await this.#generations.prepare(
      this.workers,
      draft,
      (worker) => staffing.isServing(worker),
    );
  }

  #tellMoved({ moved, engines }: Draft): void {
    for (const listener of moved) {
      const { engine, reason } = engines.of(listener);
      this.#logger.info("Listener {key} has moved to engine {engine} ({reason})", {
        key: listener.key,
        engine,
        reason,
      });
    }
  }

  #closeSessions(backendRow: number): void {
    for (const worker of this.workers) {
      // A worker that dies during this has closed them anyway.
      worker.cut("backend_down", { backendRows: [backendRow] }).catch(() => {});
    }
  }
}

/**
 * Creates the memory for as many workers as a reload may ask for. What is not used costs nothing,
 * but a system that is short of memory may not grant as much; then there is room for fewer.
 */
function createState(workers: number): SharedState {
  const fewest = 2 * workers + SPARE_WORKER_SLOTS;
  for (let slots = WORKER_SLOTS; slots > fewest; slots = Math.floor(slots / 2)) {
    try {
      return SharedState.create(slots, 0);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return SharedState.create(fewest, 0);
}
