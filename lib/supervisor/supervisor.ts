import { messageOf } from "../base/message_of.ts";
import type { ListenerSettings, Settings } from "../config/settings.ts";
import type { EngineChoice, EngineKind } from "../engine/choose_engine.ts";
import type { BindProblem, Generation } from "../engine/generation.ts";
import type { LogOptions } from "../engine/messages.ts";
import {
  closeDescriptors,
  DescriptorBook,
  resetConnections,
} from "../engine/native/libc/descriptor_book.ts";
import { openLibc } from "../engine/native/libc/libc.ts";
import { Waker } from "../engine/native/loop/waker.ts";
import { mainSlot } from "../health/main_slot.ts";
import { loggerFor, writeForwarded } from "../log/logging.ts";
import { WorkerCell } from "../state/worker_counters.ts";
import { SPARE_WORKER_SLOTS } from "../state/layout.ts";
import { SharedClock } from "../state/shared_clock.ts";
import { SharedState } from "../state/shared_state.ts";
import type { AccessLogOwner } from "./access_log_owner.ts";
import { ChangeQueue } from "./change_queue.ts";
import { DRAIN_GRACE_MS, drainWorker } from "./drain_worker.ts";
import type { EngineTable } from "./engine_table.ts";
import type { EventLog } from "./event_log.ts";
import { type Draft, Generations } from "./generations.ts";
import { HealthWatch } from "./health_watch.ts";
import type { Planner } from "./planner.ts";
import type { BoundSockets } from "./prepare_settings.ts";
import { RestartDelays } from "./restart_delays.ts";
import type { Served } from "./served_listener.ts";
import { WorkerHandle } from "./worker_handle.ts";
import { WorkerSlots } from "./worker_slots.ts";
import type { WorkerUrls } from "./worker_urls.ts";

export interface SupervisorInputs {
  readonly events: EventLog;
  readonly settings: Settings;
  readonly workerUrls: WorkerUrls;
  readonly accessLog: AccessLogOwner;
}

/** A hung thread keeps its sockets; only those of the native engine can be taken from it. */
const ABANDONED_SOCKETS =
  "Worker {slot} hangs and keeps its sockets: clients that the kernel assigns " +
  "to them are never served. Restart Weir as soon as you can";
/** By then every call that a worker had begun when it was given up on has returned. */
const LAST_CALLS_MS = 5_000;

/**
 * Starts the workers, keeps them running, passes new settings to them, and ends them.
 *
 * Each engine that a listener needs has as many workers as are configured, and all workers of an
 * engine serve the same share of a generation. A worker that dies takes only its own sessions with
 * it: the others continue, and a new one replaces it after a pause that grows with every failure.
 */
export class Supervisor {
  /** What all threads share. */
  readonly state: SharedState;
  readonly #inputs: SupervisorInputs;
  readonly #logger = loggerFor("supervisor");
  readonly health: HealthWatch;
  readonly #clock: SharedClock;
  readonly #generations: Generations;
  readonly #changes = new ChangeQueue();
  readonly #slots: WorkerSlots;
  /** The running workers, by slot. */
  readonly #workers = new Map<number, WorkerHandle>();
  readonly #restartDelays = new RestartDelays();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #running = false;
  #stopping = false;

  constructor(inputs: SupervisorInputs) {
    this.#inputs = inputs;
    // A reload may bring the first listener of the other engine.
    this.state = SharedState.create(2 * inputs.settings.workers + SPARE_WORKER_SLOTS);
    this.#clock = new SharedClock(this.state);
    this.#slots = new WorkerSlots(inputs.settings.workers, mainSlot(this.state));
    this.#generations = new Generations(this.state, inputs.settings);
    this.health = new HealthWatch({
      state: this.state,
      events: inputs.events,
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
    return this.#workers.values();
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
        const workers: WorkerHandle[] = [];
        this.#createMissing(generations.engines, workers);
        const problems = await generations.prepare(workers);
        if (problems.length > 0) {
          this.terminate();
          return problems;
        }
        // From here on a worker that dies, having reported that it serves, is restarted.
        this.#running = true;
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
   * many backends.
   */
  reload(settings: Settings): Promise<readonly BindProblem[]> {
    const generations = this.#generations;
    return this.#changes.run(async () => {
      if (this.#stopping) return [{ listener: "", message: "Weir is shutting down" }];
      const { draft, problems: draftProblems } = generations.draft(settings);
      if (draft === undefined) return draftProblems;
      const fresh: WorkerHandle[] = [];
      const problems = await this.#prepareReload(draft, fresh).catch((error: Error) => [
        { listener: "", message: error.message },
      ]);
      if (problems.length > 0) {
        for (const worker of this.#workers.values()) worker.abort();
        for (const worker of fresh) this.#endWorker(worker);
        draft.plan.discard();
        return problems;
      }
      generations.enact(draft);
      this.health.update(this.generation);
      for (const worker of this.#workers.values()) worker.configure(this.#logOptions());
      // A worker that dies now is restarted with the new plan.
      await generations.commit(this.#workers.values()).catch(() => {});
      return [];
    });
  }

  /**
   * Stops accepting, waits up to `drain_timeout` for the sessions, and ends the workers. Returns
   * how many sessions had to be closed.
   */
  async drain(): Promise<number> {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    // A reload in the middle of this would bind listeners that nobody closes.
    await this.#changes.over(DRAIN_GRACE_MS);
    const { drainTimeoutMs, closeSpreadMs } = this.settings;
    const closed = await Promise.all(
      [...this.#workers.values()].map((worker) =>
        drainWorker(worker, drainTimeoutMs, closeSpreadMs)
      ),
    );
    this.terminate();
    return closed.reduce((sum, count) => sum + count, 0);
  }

  /** Ends all workers at once. */
  terminate(): void {
    this.#stopping = true;
    this.#clock.stop();
    void this.health.stop();
    for (const timer of this.#timers) clearTimeout(timer);
    for (const worker of this.#workers.values()) worker.terminate();
    this.#workers.clear();
  }

  /**
   * Gives up on a worker that no longer answers, and starts another one in its place. The thread
   * itself cannot be stopped while it is busy, so its slot is not used again.
   */
  replace(slot: number, message: string): void {
    const worker = this.#workers.get(slot);
    if (worker === undefined || this.#stopping) return;
    this.#giveUp(worker);
    const freshSlot = this.#slots.replace(worker.engine, slot);
    if (freshSlot === undefined) {
      this.#logger.error("Worker {slot} was given up: {message}. No slot is left for another", {
        slot,
        message,
      });
      return;
    }
    const what = `Worker ${slot} was given up: ${message}`;
    this.#restartLater(freshSlot, worker.engine, 0, what);
  }

  #closeSessions(backendRow: number): void {
    for (const worker of this.#workers.values()) {
      // A worker that dies during this has closed them anyway.
      worker.cut("backend_down", { backendRows: [backendRow] }).catch(() => {});
    }
  }

  /** Adds the missing workers to `fresh`, and lets all workers bind what is new. */
  async #prepareReload(
    draft: Draft,
    fresh: WorkerHandle[],
  ): Promise<readonly BindProblem[]> {
    this.#createMissing(draft.engines, fresh);
    return await this.#generations.prepare(this.#workers.values(), draft);
  }

  /** Starts the workers of engines that have none yet, and adds each to `fresh` once it is there. */
  #createMissing(engines: EngineTable, fresh: WorkerHandle[]): void {
    for (const engine of engines.kinds) {
      const slots = this.#slots.of(engine);
      const isServed = slots.some((slot) => this.#workers.has(slot));
      // Dead workers of an engine that is in force are restarted anyway.
      if (isServed && this.#generations.engines.kinds.has(engine)) continue;
      for (const slot of slots) {
        if (!this.#workers.has(slot)) fresh.push(this.#createWorker(slot, engine));
      }
    }
  }

  #endWorker(worker: WorkerHandle): void {
    worker.terminate();
    this.#workers.delete(worker.slot);
    this.state.releaseWorker(worker.slot);
  }

  /**
   * Takes everything from a worker that hangs. Its thread cannot be stopped, so shared memory tells
   * it to touch nothing any more, and its sockets are taken from it in two steps: reset at once,
   * and closed once any call in progress must have returned. What it may have counted in between is
   * subtracted then; its slot is never reused.
   */
  #giveUp(worker: WorkerHandle): void {
    const { slot } = worker;
    this.state.setWorkerCell(slot, WorkerCell.givenUp, 1);
    const closeWaker = worker.abandon();
    this.#workers.delete(slot);
    this.state.releaseWorker(slot);
    const book = new DescriptorBook(this.state.descriptorBits(slot));
    if (worker.engine === "native") resetConnections(openLibc(), book);
    else this.#logger.error(ABANDONED_SOCKETS, { slot });
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.state.releaseWorker(slot);
      if (worker.engine === "native") closeDescriptors(openLibc(), book);
      closeWaker();
    }, LAST_CALLS_MS);
    this.#timers.add(timer);
  }

  #createWorker(slot: number, engine: EngineKind): WorkerHandle {
    const { accessLog, workerUrls } = this.#inputs;
    const waker = engine === "native" ? new Waker(openLibc(), this.state, slot) : undefined;
    const worker = new WorkerHandle({ engine, url: workerUrls[engine], waker }, {
      type: "start",
      slot,
      memory: this.state.buffer,
      ...this.#logOptions(),
    }, {
      logged: writeForwarded,
      accessLogged: (lines, count) => accessLog.write(lines, count),
      died: (message) => this.#workerDied(worker, message),
    });
    this.#workers.set(slot, worker);
    return worker;
  }

  #logOptions(): LogOptions {
    const { logLevel, logFormat, accessLog, accessLogFormat: format } = this.settings;
    const accessLogFormat = format === "auto" ? logFormat : format;
    return { logLevel, accessLog: accessLog !== "off", accessLogFormat };
  }

  #workerDied({ slot, engine, startedMs }: WorkerHandle, message: string): void {
    this.#workers.delete(slot);
    this.state.releaseWorker(slot);
    if (!this.#running || this.#stopping) return;
    const waitMs = this.#restartDelays.next(slot, performance.now() - startedMs);
    const what = `Worker ${slot} died, and its sessions with it: ${message}`;
    this.#restartLater(slot, engine, waitMs, what);
  }

  #restartLater(slot: number, engine: EngineKind, waitMs: number, what: string): void {
    this.#logger.error("{what}. A replacement starts in {waitMs} ms", { what, waitMs });
    this.#inputs.events.add("worker", what);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#changes.run(() => this.#restart(slot, engine));
    }, waitMs);
    this.#timers.add(timer);
  }

  async #restart(slot: number, engine: EngineKind): Promise<void> {
    if (this.#stopping || !this.#isMissing(slot, engine)) return;
    let worker: WorkerHandle;
    try {
      worker = this.#createWorker(slot, engine);
    } catch (error) {
      const message = messageOf(error);
      const what = `Worker ${slot} could not be started: ${message}`;
      this.#restartLater(slot, engine, this.#restartDelays.next(slot, 0), what);
      return;
    }
    try {
      const problems = await worker.prepare(this.#generations.share(engine));
      if (problems.length === 0) {
        await worker.commit();
        this.#logger.info("Worker {slot} serves again", { slot });
        this.#inputs.events.add("worker", `Worker ${slot} serves again`);
        return;
      }
      worker.terminate();
      const listed = problems.map(({ listener, message }) => `${listener}: ${message}`).join("; ");
      this.#workerDied(worker, `it could not bind every listener (${listed})`);
    } catch {
      // It died again, and `died` has already handled that.
    }
  }

  /**
   * Whether a slot still waits for a worker: meanwhile a reload may have filled it or left the
   * engine nothing to serve, or another slot may have replaced it.
   */
  #isMissing(slot: number, engine: EngineKind): boolean {
    return !this.#workers.has(slot) && this.#generations.engines.kinds.has(engine) &&
      this.#slots.of(engine).includes(slot);
  }
}
