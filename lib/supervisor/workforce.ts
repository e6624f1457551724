import { messageOf } from "../base/message_of.ts";
import type { EngineKind } from "../engine/choose_engine.ts";
import type { LogOptions } from "../engine/messages.ts";
import { openLibc } from "../engine/native/libc/libc.ts";
import { Waker } from "../engine/native/loop/waker.ts";
import { mainSlot } from "../health/main_slot.ts";
import { loggerFor, writeForwarded } from "../log/logging.ts";
import type { SharedState } from "../state/shared_state.ts";
import type { AccessLogOwner } from "./access_log_owner.ts";
import type { ChangeQueue } from "./change_queue.ts";
import { drainWorker } from "./drain_worker.ts";
import type { EngineTable } from "./engine_table.ts";
import type { EventLog } from "./event_log.ts";
import type { Generations } from "./generations.ts";
import { giveUpWorker, LAST_CALLS_MS } from "./give_up_worker.ts";
import { RestartDelays } from "./restart_delays.ts";
import { WorkerHandle } from "./worker_handle.ts";
import { WorkerSlots } from "./worker_slots.ts";
import type { WorkerUrls } from "./worker_urls.ts";

export interface WorkforceInputs {
  readonly state: SharedState;
  readonly events: EventLog;
  readonly accessLog: AccessLogOwner;
  readonly workerUrls: WorkerUrls;
  /** What the workers serve. */
  readonly generations: Generations;
  /** Restarts must not overlap with other changes. */
  readonly changes: ChangeQueue;
}

/**
 * The workers' lives: each is started, replaced when it dies, given up when it hangs, and ended.
 *
 * Each engine that a listener needs has as many workers as are configured. A worker that dies takes
 * only its own sessions with it: the others continue, and a new one replaces it after a pause that
 * grows with every failure.
 */
export class Workforce {
  readonly #inputs: WorkforceInputs;
  readonly #logger = loggerFor("supervisor");
  readonly #slots: WorkerSlots;
  /** The running workers, by slot. */
  readonly #workers = new Map<number, WorkerHandle>();
  readonly #restartDelays = new RestartDelays();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #keepsUp = false;

  constructor(inputs: WorkforceInputs) {
    this.#inputs = inputs;
    this.#slots = new WorkerSlots(inputs.generations.settings.workers, mainSlot(inputs.state));
  }

  /** The running workers. */
  get workers(): Iterable<WorkerHandle> {
    return this.#workers.values();
  }

  /** From now on, a worker that dies or hangs is replaced. */
  keepUp(): void {
    this.#keepsUp = true;
  }

  /** From now on, no worker is replaced. */
  stopKeepingUp(): void {
    this.#keepsUp = false;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Starts the workers of engines that have none yet, and adds each to `fresh` once it is there. */
  createMissing(engines: EngineTable, fresh: WorkerHandle[]): void {
    const { generations } = this.#inputs;
    for (const engine of engines.kinds) {
      const slots = this.#slots.of(engine);
      const isServed = slots.some((slot) => this.#workers.has(slot));
      // Dead workers of an engine that is in force are restarted anyway.
      if (isServed && generations.engines.kinds.has(engine)) continue;
      for (const slot of slots) {
        if (!this.#workers.has(slot)) fresh.push(this.#create(slot, engine));
      }
    }
  }

  /** Applies the log options in force. */
  configure(): void {
    for (const worker of this.#workers.values()) worker.configure(this.#logOptions());
  }

  /** Drains all workers; returns how many sessions had to be closed. */
  async drain(timeoutMs: number, spreadMs: number): Promise<number> {
    const closed = await Promise.all(
      [...this.#workers.values()].map((worker) => drainWorker(worker, timeoutMs, spreadMs)),
    );
    return closed.reduce((sum, count) => sum + count, 0);
  }

  /** Ends one worker at once. */
  end(worker: WorkerHandle): void {
    worker.terminate();
    this.#workers.delete(worker.slot);
    this.#inputs.state.releaseWorker(worker.slot);
  }

  /** Ends all workers at once. */
  terminate(): void {
    this.stopKeepingUp();
    for (const worker of this.#workers.values()) worker.terminate();
    this.#workers.clear();
  }

  /**
   * Gives up on a worker that no longer answers, and starts another one in its place. The thread
   * itself cannot be stopped while it is busy, so its slot is not used again.
   */
  replace(slot: number, message: string): void {
    const worker = this.#workers.get(slot);
    if (worker === undefined || !this.#keepsUp) return;
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

  #giveUp(worker: WorkerHandle): void {
    const close = giveUpWorker(worker, this.#inputs.state);
    this.#workers.delete(worker.slot);
    this.#later(LAST_CALLS_MS, close);
  }

  #create(slot: number, engine: EngineKind): WorkerHandle {
    const { accessLog, state, workerUrls } = this.#inputs;
    const waker = engine === "native" ? new Waker(openLibc(), state, slot) : undefined;
    const worker = new WorkerHandle({ engine, url: workerUrls[engine], waker }, {
      type: "start",
      slot,
      memory: state.buffer,
      ...this.#logOptions(),
    }, {
      logged: writeForwarded,
      accessLogged: (lines, count) => accessLog.write(lines, count),
      died: (message) => this.#died(worker, message),
    });
    this.#workers.set(slot, worker);
    return worker;
  }

  #logOptions(): LogOptions {
    const { logLevel, logFormat, accessLog, accessLogFormat: format } =
      this.#inputs.generations.settings;
    const accessLogFormat = format === "auto" ? logFormat : format;
    return { logLevel, accessLog: accessLog !== "off", accessLogFormat };
  }

  #died({ slot, engine, startedMs }: WorkerHandle, message: string): void {
    this.#workers.delete(slot);
    this.#inputs.state.releaseWorker(slot);
    if (!this.#keepsUp) return;
    const waitMs = this.#restartDelays.next(slot, performance.now() - startedMs);
    const what = `Worker ${slot} died, and its sessions with it: ${message}`;
    this.#restartLater(slot, engine, waitMs, what);
  }

  #restartLater(slot: number, engine: EngineKind, waitMs: number, what: string): void {
    const { changes, events } = this.#inputs;
    this.#logger.error("{what}. A replacement starts in {waitMs} ms", { what, waitMs });
    events.add("worker", what);
    this.#later(waitMs, () => void changes.run(() => this.#restart(slot, engine)));
  }

  async #restart(slot: number, engine: EngineKind): Promise<void> {
    if (!this.#keepsUp || !this.#isMissing(slot, engine)) return;
    let worker: WorkerHandle;
    try {
      worker = this.#create(slot, engine);
    } catch (error) {
      const message = messageOf(error);
      const what = `Worker ${slot} could not be started: ${message}`;
      this.#restartLater(slot, engine, this.#restartDelays.next(slot, 0), what);
      return;
    }
    try {
      const problems = await worker.prepare(this.#inputs.generations.share(engine));
      if (problems.length === 0) {
        await worker.commit();
        this.#logger.info("Worker {slot} serves again", { slot });
        this.#inputs.events.add("worker", `Worker ${slot} serves again`);
        return;
      }
      worker.terminate();
      const listed = problems.map(({ listener, message }) => `${listener}: ${message}`).join("; ");
      this.#died(worker, `it could not bind every listener (${listed})`);
    } catch {
      // It died again, and `died` has already handled that.
    }
  }

  /**
   * Whether a slot still waits for a worker: meanwhile a reload may have filled it or left the
   * engine nothing to serve, or another slot may have replaced it.
   */
  #isMissing(slot: number, engine: EngineKind): boolean {
    return !this.#workers.has(slot) && this.#inputs.generations.engines.kinds.has(engine) &&
      this.#slots.of(engine).includes(slot);
  }

  /** Does something after a time, unless no worker is to be replaced any more. */
  #later(waitMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, waitMs);
    this.#timers.add(timer);
  }
}
