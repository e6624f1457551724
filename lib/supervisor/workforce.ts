import { counted } from "../base/counted.ts";
import { messageOf } from "../base/message_of.ts";
import type { EngineKind } from "../engine/choose_engine.ts";
import type { LogOptions } from "../engine/messages.ts";
import { openLibc } from "../engine/native/libc/libc.ts";
import { Waker } from "../engine/native/loop/waker.ts";
import { mainSlot } from "../health/main_slot.ts";
import { loggerFor, writeForwarded } from "../log/logging.ts";
import { ListenerTally } from "../state/counters.ts";
import type { SharedState } from "../state/shared_state.ts";
import type { AccessLogOwner } from "./access_log_owner.ts";
import type { ChangeQueue } from "./change_queue.ts";
import { DRAIN_GRACE_MS, drainWorker } from "./drain_worker.ts";
import type { EventLog } from "./event_log.ts";
import type { Draft, Generations } from "./generations.ts";
import { giveUpWorker, LAST_CALLS_MS } from "./give_up_worker.ts";
import { RestartDelays } from "./restart_delays.ts";
import { Staffing } from "./staffing.ts";
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

/** How often to check whether the workers of an engine that serves no listener have finished. */
const IDLE_LOOK_MS = 1_000;

/**
 * The workers' lives: each is started, replaced when it dies, given up when it hangs, and ended
 * once it is not needed any more and has finished its sessions.
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
  /** How many sessions each worker had to close that has been dismissed and is not done. */
  readonly #finishing = new Set<Promise<number>>();
  readonly #restartDelays = new RestartDelays();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #keepsUp = false;
  #looksForIdle = false;

  constructor(inputs: WorkforceInputs) {
    this.#inputs = inputs;
    this.#slots = new WorkerSlots(mainSlot(inputs.state));
  }

  /** The running workers, including those that are finishing their sessions. */
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

  /**
   * Plans the workers for a draft. Throws a `RangeError` if there are not enough slots, and nothing
   * has changed then.
   */
  plan({ engines, settings }: Draft): Staffing {
    return new Staffing(
      { kinds: engines.kinds, workers: settings.workers },
      {
        slots: this.#slots,
        kindsInForce: this.#inputs.generations.engines.kinds,
        isRunning: (slot) => this.#workers.has(slot),
        create: (slot, engine) => this.#create(slot, engine),
        end: (worker) => this.#end(worker),
      },
    );
  }

  /** Applies the log options in force. */
  configure(): void {
    for (const worker of this.#workers.values()) worker.configure(this.#logOptions());
  }

  /** Puts planned workers in force. Returns those that are not needed any more. */
  enact({ surplus }: Staffing): readonly WorkerHandle[] {
    return this.#withdraw(surplus);
  }

  /**
   * Lets workers that are not needed any more finish their sessions, for as long as a shutdown
   * would, and ends them. Those of an engine without listeners have no such limit: they may be
   * needed again before their sessions have ended.
   */
  dismiss(surplus: readonly WorkerHandle[]): void {
    const { drainTimeoutMs, closeSpreadMs } = this.#inputs.generations.settings;
    for (const worker of surplus) {
      const finishing = this.#finish(worker, drainTimeoutMs, closeSpreadMs);
      this.#finishing.add(finishing);
      void finishing.then(() => this.#finishing.delete(finishing));
    }
    this.#lookForIdle();
  }

  /** Drains all workers; returns how many sessions had to be closed. */
  async drain(timeoutMs: number, spreadMs: number): Promise<number> {
    const drains = [...this.#workers.values()].map((worker) =>
      drainWorker(worker, timeoutMs, spreadMs)
    );
    // Either of a worker's two drains may be the one that closes its sessions.
    const closed = await Promise.all([...drains, ...this.#finishing]);
    return closed.reduce((sum, count) => sum + count, 0);
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
    const { engine } = worker;
    const wasNeeded = this.#slots.has(engine, slot);
    this.#giveUp(worker);
    this.#slots.withdraw(slot);
    const what = `Worker ${slot} was given up: ${message}`;
    if (!wasNeeded) {
      this.#tell(`${what}. It was to end anyway`);
      return;
    }
    const freshSlot = this.#slots.take(engine);
    if (freshSlot === undefined) this.#tell(`${what}. No slot is left for another`);
    else this.#restartLater(freshSlot, engine, 0, what);
  }

  #giveUp(worker: WorkerHandle): void {
    const close = giveUpWorker(worker, this.#inputs.state);
    this.#workers.delete(worker.slot);
    this.#later(LAST_CALLS_MS, close);
  }

  #create(slot: number, engine: EngineKind): WorkerHandle {
    const { accessLog, state, workerUrls } = this.#inputs;
    state.useWorkerSlot(slot);
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
    const what = `Worker ${slot} died, and its sessions with it: ${message}`;
    if (this.#slots.has(engine, slot)) {
      const waitMs = this.#restartDelays.next(slot, performance.now() - startedMs);
      this.#restartLater(slot, engine, waitMs, what);
    } else {
      this.#free(slot);
      this.#tell(`${what}. It was to end anyway`);
    }
  }

  #restartLater(slot: number, engine: EngineKind, waitMs: number, what: string): void {
    const { changes, events } = this.#inputs;
    this.#logger.error("{what}. A replacement starts in {waitMs} ms", { what, waitMs });
    events.add("worker", what);
    this.#later(waitMs, () => void changes.run(() => this.#restart(slot, engine)));
  }

  async #restart(slot: number, engine: EngineKind): Promise<void> {
    if (!this.#keepsUp || !this.#isMissing(slot, engine)) return;
    const { generations, events } = this.#inputs;
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
      const problems = await generations.prepare([worker], generations.inForce, () => true);
      if (problems.length === 0) {
        await worker.commit();
        this.#logger.info("Worker {slot} serves again", { slot });
        events.add("worker", `Worker ${slot} serves again`);
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
      this.#slots.has(engine, slot);
  }

  /**
   * Waits for the sessions of a worker whose slot was withdrawn, and ends it. Returns how many
   * sessions had to be closed.
   */
  async #finish(worker: WorkerHandle, timeoutMs: number, spreadMs: number): Promise<number> {
    const { slot } = worker;
    const late = this.#later(timeoutMs + spreadMs + DRAIN_GRACE_MS, () => {
      if (this.#workers.get(slot) === worker) this.replace(slot, "it did not end in time");
    });
    try {
      const closed = await worker.drain(timeoutMs, spreadMs);
      if (this.#workers.get(slot) !== worker) return closed;
      this.#end(worker);
      this.#free(slot);
      const cut = closed === 0 ? "" : `, and ${counted(closed, "session")} with it`;
      this.#logger.info("Worker {slot} was not needed any more and has ended{cut}", { slot, cut });
      return closed;
    } catch {
      // It died or was given up, which has already been handled.
      return 0;
    } finally {
      clearTimeout(late);
      this.#timers.delete(late);
    }
  }

  #end(worker: WorkerHandle): void {
    worker.terminate();
    if (this.#workers.get(worker.slot) === worker) this.#workers.delete(worker.slot);
    this.#inputs.state.releaseWorker(worker.slot);
  }

  /** Takes slots from their engines. Returns the workers that are still in them. */
  #withdraw(slots: Iterable<number>): WorkerHandle[] {
    const workers: WorkerHandle[] = [];
    for (const slot of slots) {
      this.#slots.withdraw(slot);
      const worker = this.#workers.get(slot);
      if (worker === undefined) this.#free(slot);
      else workers.push(worker);
    }
    return workers;
  }

  #free(slot: number): void {
    this.#slots.release(slot);
    this.#restartDelays.forget(slot);
  }

  /** Checks now and then for workers without work, as long as an engine serves no listener. */
  #lookForIdle(): void {
    if (this.#looksForIdle || !this.#keepsUp || this.#unusedEngines().length === 0) return;
    this.#looksForIdle = true;
    this.#later(IDLE_LOOK_MS, () => {
      this.#looksForIdle = false;
      // A reload may be about to use them again.
      void this.#inputs.changes.run(() => Promise.resolve(this.#endIdle()));
    });
  }

  #endIdle(): void {
    if (!this.#keepsUp) return;
    const idle = this.#unusedEngines().flatMap((engine) => this.#slots.of(engine))
      .filter((slot) => !this.#workers.has(slot) || this.#isIdle(slot));
    this.dismiss(this.#withdraw(idle));
  }

  #unusedEngines(): EngineKind[] {
    const { kinds } = this.#inputs.generations.engines;
    return this.#slots.engines.filter((engine) => !kinds.has(engine));
  }

  /** Whether a worker has no socket and no session. */
  #isIdle(slot: number): boolean {
    const { state, generations } = this.#inputs;
    for (const row of generations.planner.listenerRows()) {
      // In this order: a socket that is still open may begin another session.
      if (state.listenerTally(slot, row, ListenerTally.sockets) > 0) return false;
      if (state.listenerTally(slot, row, ListenerTally.active) > 0) return false;
    }
    return true;
  }

  #tell(what: string): void {
    this.#logger.error("{what}", { what });
    this.#inputs.events.add("worker", what);
  }

  /** Does something after a time, unless no worker is to be replaced any more. */
  #later(waitMs: number, act: () => void): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, waitMs);
    this.#timers.add(timer);
    return timer;
  }
}
