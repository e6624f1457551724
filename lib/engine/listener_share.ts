import { Admission, type AdmissionRefusal, type Entrant } from "../access/admission.ts";
import { Ledger } from "../balance/ledger.ts";
import { Pool } from "../balance/pool.ts";
import { Random } from "../base/random.ts";
import type { ListenerSettings } from "../config/settings.ts";
import { PassiveHealth } from "../health/passive_health.ts";
import type { AccessLog } from "../log/access_log.ts";
import { ListenerTally, WorkerTally } from "../state/counters.ts";
import { SESSION_DURATION } from "../state/histograms.ts";
import type { SharedState } from "../state/shared_state.ts";
import type { EngineInputs, WorkerLogs } from "./engine_inputs.ts";
import { type ListenerPlan, watchedPool } from "./generation.ts";
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
  readonly #passiveHealth: PassiveHealth;
  /** Those who wait for a place at a backend. */
  readonly queue: WaitQueue;
  /** The worker's slot in the shared state. */
  readonly slot: number;
  readonly #state: SharedState;
  readonly #row: number;
  #plan: ListenerPlan;

  constructor(plan: ListenerPlan, inputs: EngineInputs) {
    const { state, slot } = inputs;
    this.#state = state;
    this.slot = slot;
    this.#row = plan.rows.listener;
    this.#plan = plan;
    this.#logs = inputs.logs;
    this.queue = new WaitQueue(state, slot, plan.rows.listener);
    this.admission = new Admission(state, slot, plan.rows.listener, {
      onTableFull: () => this.failures.clientTableFull(),
    });
    const random = Random.fromEntropy().next;
    const now = () => state.clockMs;
    this.#passiveHealth = new PassiveHealth(watchedPool(plan), { state, slot, now, random });
    this.pool = new Pool(plan.settings, plan.rows, {
      state,
      ledger: new Ledger(state, slot, now, this.#passiveHealth),
      random,
      now,
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
    return this.#plan.settings;
  }

  /** Whether the worker has a socket at the listener's address, or sessions that came by one. */
  get isInUse(): boolean {
    const sockets = this.#state.listenerTally(this.slot, this.#row, ListenerTally.sockets);
    return sockets > 0 || this.#state.listenerTally(this.slot, this.#row, ListenerTally.active) > 0;
  }

  /** Says that there is a socket at the listener's address, by which clients can come. */
  opened(): void {
    this.tally(ListenerTally.sockets);
  }

  /** Says that by such a socket nobody can come any more. */
  closed(): void {
    this.#state.addListenerTally(this.slot, this.#row, ListenerTally.sockets, -1);
  }

  /** Takes over new settings for the sessions to come. */
  update(plan: ListenerPlan): void {
    if (plan === this.#plan) return;
    this.#plan = plan;
    this.#passiveHealth.update(watchedPool(plan));
    this.pool.update(plan.settings, plan.rows);
  }

  /**
   * Lets a client in, or logs which limit it has met. The session of one that was let in is to be
   * made at once: it takes over the client's place in `admission`. One that is held is to be brought
   * back by `admitHeld`, see `Admission.admit`.
   */
  admit(client: Entrant): "admitted" | "held" | "refused" {
    return this.#heed(this.admission.admit(this.settings, client));
  }

  /** Lets a client in that was held, or logs which limit it has met, as `admit` does. */
  admitHeld(client: Entrant): "admitted" | "refused" {
    return this.#heed(this.admission.admitHeld(this.settings, client));
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

  /** Counts how long a session lasted that has ended. */
  observeDuration(durationMs: number): void {
    this.#state.observeListener(this.slot, this.#row, SESSION_DURATION, durationMs);
  }

  /** Adds one to a tally of the worker. */
  tallyWorker(column: number): void {
    this.#state.addWorkerTally(this.slot, column, 1);
  }

  #heed<Verdict extends string>(verdict: Verdict | AdmissionRefusal): Verdict | "refused" {
    if (verdict === "admitted" || verdict === "held") return verdict;
    this.failures.limitReached(this.settings, verdict as AdmissionRefusal);
    return "refused";
  }
}
