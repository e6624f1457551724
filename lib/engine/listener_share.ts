import { Admission } from "../access/admission.ts";
import { Ledger } from "../balance/ledger.ts";
import { Pool } from "../balance/pool.ts";
import { Random } from "../base/random.ts";
import type { ListenerSettings } from "../config/settings.ts";
import type { AccessLog } from "../log/access_log.ts";
import { WorkerTally } from "../state/counters.ts";
import type { SharedState } from "../state/shared_state.ts";
import type { EngineInputs, WorkerLogs } from "./engine_inputs.ts";
import type { ListenerPlan } from "./generation.ts";
import type { FailureLog } from "./failure_log.ts";
import { WaitQueue } from "./wait_queue.ts";

/**
 * One worker's share of a listener, apart from its sockets: the settings in force, the pool that
 * sessions take their backends from, who is let in, and where it is all counted. Every engine
 * builds its listeners around one.
 */
export class ListenerShare {
  readonly pool: Pool;
  readonly admission: Admission;
  readonly #logs: WorkerLogs;
  /** Those who wait for a place at a backend. */
  readonly queue: WaitQueue;
  /** The worker's slot in the shared state. */
  readonly slot: number;
  readonly #state: SharedState;
  readonly #row: number;
  #settings: ListenerSettings;

  constructor(plan: ListenerPlan, inputs: EngineInputs) {
    const { state, slot } = inputs;
    this.#state = state;
    this.slot = slot;
    this.#row = plan.rows.listener;
    this.#settings = plan.settings;
    this.#logs = inputs.logs;
    this.queue = new WaitQueue(state, slot, plan.rows.listener);
    this.admission = new Admission(state, slot, plan.rows.listener);
    this.pool = new Pool(plan.settings, plan.rows, {
      state,
      ledger: new Ledger(state, slot, Date.now),
      random: Random.fromEntropy().next,
      now: Date.now,
    });
  }

  get failures(): FailureLog {
    return this.#logs.failures;
  }

  /** Absent where no access log is kept. */
  get accessLog(): AccessLog | undefined {
    return this.#logs.accessLog;
  }

  /** What a session that begins now goes by. */
  get settings(): ListenerSettings {
    return this.#settings;
  }

  /** Takes over new settings for the sessions to come. */
  update(plan: ListenerPlan): void {
    this.#settings = plan.settings;
    this.pool.update(plan.settings, plan.rows);
  }

  /** Lets a client in, or says in the log that the listener has no room for it. */
  admit(): boolean {
    if (this.admission.admit(this.#settings.maxConnections)) return true;
    this.failures.limitReached(this.#settings, "max_connections");
    return false;
  }

  /** Numbers a session of this worker; 0 is never given. */
  takeSerial(): number {
    this.tallyWorker(WorkerTally.sessions);
    return this.#state.workerTally(this.slot, WorkerTally.sessions);
  }

  /** Adds one to a tally of the listener. */
  tally(column: number): void {
    this.#state.addListenerTally(this.slot, this.#row, column, 1);
  }

  /** Adds one to a tally of the worker. */
  tallyWorker(column: number): void {
    this.#state.addWorkerTally(this.slot, column, 1);
  }
}
