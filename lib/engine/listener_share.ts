import { Admission, type AdmissionRefusal, type Entrant } from "../access/admission.ts";
import type { ListenerSettings } from "../config/settings.ts";
import type { AccessLog } from "../log/access_log.ts";
import { ListenerTally } from "../state/counters.ts";
import { WorkerTally } from "../state/worker_counters.ts";
import { SESSION_DURATION } from "../state/histograms.ts";
import type { SharedState } from "../state/shared_state.ts";
import type { EngineInputs, WorkerLogs } from "./engine_inputs.ts";
import type { ListenerPlan } from "./generation.ts";
import type { FailureLog } from "./failure_log.ts";
import type { PoolShare } from "./pool_share.ts";

/**
 * One worker's share of a listener, apart from its sockets: the settings in force, the pool that
 * sessions take their backends from, who is let in, and where it is all counted. Every engine
 * builds its listeners around one.
 */
export class ListenerShare {
  readonly admission: Admission;
  readonly #logs: WorkerLogs;
  /** The worker's slot in the shared state. */
  readonly slot: number;
  readonly #state: SharedState;
  readonly #row: number;
  #plan: ListenerPlan;
  #pool: PoolShare;

  constructor(plan: ListenerPlan, pool: PoolShare, inputs: EngineInputs) {
    const { state, slot } = inputs;
    this.#state = state;
    this.slot = slot;
    this.#row = plan.row;
    this.#plan = plan;
    this.#pool = pool;
    this.#logs = inputs.logs;
    this.admission = new Admission(state, slot, plan.row, {
      onTableFull: () => this.failures.clientTableFull(),
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

  /** Where a session that begins now takes its backend from. */
  get pool(): PoolShare {
    return this.#pool;
  }

  /** Whether the worker has a socket at the listener's address, or sessions that came by one. */
  get isInUse(): boolean {
    const sockets = this.#state.listenerTally(this.slot, this.#row, ListenerTally.sockets);
    return sockets > 0 || this.#state.listenerTally(this.slot, this.#row, ListenerTally.active) > 0;
  }

  /** Records a new socket at an address of the listener. */
  opened(): void {
    this.tally(ListenerTally.sockets);
  }

  /** Records that such a socket accepts nobody any more. */
  closed(): void {
    this.#state.addListenerTally(this.slot, this.#row, ListenerTally.sockets, -1);
  }

  /** Applies new settings to the sessions to come. */
  update(plan: ListenerPlan, pool: PoolShare): void {
    this.#plan = plan;
    this.#pool = pool;
  }

  /**
   * Lets a client in, or logs which limit it has met. The session of one that was let in is to be
   * made at once: it takes over the client's place in `admission`. One that is held is to be brought
   * back by `admitHeld`, see `Admission.admit`.
   */
  admit(client: Entrant): "admitted" | "held" | "refused" {
    return this.#heed(this.admission.admit(this.settings, client));
  }

  /**
   * Lets a client in that was held, or logs which limit it has met, as `admit` does.
   *
   * @param holder the share that held it: another one where the address has changed hands since
   */
  admitHeld(client: Entrant, holder: ListenerShare): "admitted" | "refused" {
    holder.admission.handOver(this.admission);
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
