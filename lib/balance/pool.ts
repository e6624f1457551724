import { decay } from "../base/peak_ewma.ts";
import type { BackendSettings } from "../config/settings.ts";
import { EJECTION, HEALTH, MODE } from "../state/codes.ts";
import { BackendCell, BackendReading, PoolCell } from "../state/counters.ts";
import type { PoolPlan } from "../state/pool_plan.ts";
import type { SharedState } from "../state/shared_state.ts";
import {
  type AlgorithmInputs,
  type Candidate,
  type Client,
  type Eligible,
  NO_BACKEND,
} from "./algorithm.ts";
import { Lease } from "./lease.ts";
import type { Ledger } from "./ledger.ts";
import { ALGORITHMS } from "./registry.ts";
import { Tier } from "./_tier.ts";

/** Why no lease is available. */
export type Refusal =
  /** Every backend was tried already, or none has a weight. */
  | "no_backend"
  /** Every backend is down, drained or in maintenance. */
  | "all_down"
  /** Every backend that is up has reached its limit of sessions. */
  | "all_full";

export interface PoolInputs {
  readonly state: SharedState;
  readonly ledger: Ledger;
  /** A uniform number in [0, 1). */
  readonly random: () => number;
  /** Milliseconds on a clock that all workers share, and that cannot be set. */
  readonly now: () => number;
}

const { connectTimeMs, connectTimeStampMs, firstByteTimeMs, firstByteTimeStampMs } = BackendReading;

/** What the first `acquire` of a session excludes. */
export const NONE_TRIED: readonly number[] = [];

/**
 * The backends of one listener, as one worker sees them, with the algorithm that chooses among
 * them.
 *
 * Backups are a second tier with an algorithm of its own, asked when the first has no eligible
 * backend. Eligibility is recomputed when the shared epoch has moved on, so an `acquire` costs one
 * atomic read more than the pick itself.
 */
export class Pool {
  readonly #state: SharedState;
  readonly #ledger: Ledger;
  readonly #now: () => number;
  readonly #algorithmInputs: Omit<AlgorithmInputs, "poolSize">;
  readonly #eligible: Eligible;
  #plan: PoolPlan;
  #primaries: Tier;
  #backups: Tier;
  /** How many sessions each backend may have, by its index: the file's limit, or its agent's. */
  #limits: readonly number[] = [];
  /** The shared epoch that the tables were built from. */
  #epoch = 0;
  /** Whether all usable backends are ejected, in which case ejections do not count. */
  #ejectionsIgnored = false;
  /** Rows that the current session has tried; only meaningful within one `acquire`. */
  #tried: readonly number[] = NONE_TRIED;

  constructor(plan: PoolPlan, inputs: PoolInputs) {
    const state = inputs.state;
    this.#state = state;
    this.#ledger = inputs.ledger;
    this.#now = inputs.now;
    this.#eligible = { has: (index) => this.#hasRoom(index) };
    this.#algorithmInputs = {
      random: inputs.random,
      cursor: {
        next: () => state.pools.addToCell(this.#plan.row, PoolCell.cursor, 1) >>> 0,
      },
      load: {
        active: (index) => state.backendCell(this.#rowOf(index), BackendCell.active),
        connectTimeMs: (index) => this.#decayed(index, connectTimeMs, connectTimeStampMs),
        firstByteTimeMs: (index) => this.#decayed(index, firstByteTimeMs, firstByteTimeStampMs),
        lastFirstByteTimeMs: (index) => state.backendReading(this.#rowOf(index), firstByteTimeMs),
      },
    };
    this.#plan = plan;
    this.#primaries = this.#createTier();
    this.#backups = this.#createTier();
    this.#rebuild();
  }

  /**
   * Replaces membership, weights and algorithm. Outstanding leases end as if nothing had happened.
   */
  update(plan: PoolPlan): void {
    const before = this.#plan.settings;
    const { algorithm, backends } = plan.settings;
    this.#plan = plan;
    // Tables over thousands of backends are not built again for settings that do not change them.
    if (algorithm !== before.algorithm || backends.length !== before.backends.length) {
      this.#primaries = this.#createTier();
      this.#backups = this.#createTier();
    }
    this.#rebuild();
  }

  /**
   * Takes a backend for a session.
   *
   * @param triedRows the rows of the backends that the session has already tried without success
   */
  acquire(client: Client, triedRows: readonly number[]): Lease | Refusal {
    if (this.#state.epoch !== this.#epoch) this.#rebuild();
    this.#tried = triedRows;
    // Before the pick, which may use up somebody's turn.
    if (!this.#ledger.enterPool(this.#plan.settings.maxSessions)) return this.#refusal();
    const lease = this.#take(this.#primaries, client) ?? this.#take(this.#backups, client);
    if (lease !== undefined) return lease;
    this.#ledger.leavePool();
    return this.#refusal();
  }

  #createTier(): Tier {
    const { algorithm, backends } = this.#plan.settings;
    const inputs = { ...this.#algorithmInputs, poolSize: backends.length };
    return new Tier(ALGORITHMS[algorithm](inputs));
  }

  /** Lets the algorithm pick until a place could be taken or no backend is left to pick. */
  #take({ algorithm }: Tier, client: Client): Lease | undefined {
    // Another worker may take the last place between the pick and the count. Then the backend is
    // full and `has` says so: every further turn has one fewer to choose from.
    for (let turn = 0; turn <= this.#plan.settings.backends.length; turn++) {
      const index = algorithm.pick(client, this.#eligible);
      if (index === NO_BACKEND) return undefined;
      const backend = this.#backendOf(index);
      const row = this.#rowOf(index);
      if (!this.#ledger.take(row, this.#limits[index] as number)) continue;
      const ejection = this.#state.backendCell(row, BackendCell.ejection);
      if (ejection === EJECTION.trialOpen) {
        if (this.#ledger.takeTrial(row)) return new Lease(this.#ledger, backend, row, true);
      } else if (ejection === EJECTION.none || this.#ejectionsIgnored) {
        return new Lease(this.#ledger, backend, row, false);
      }
      // Another worker has ejected it since, or taken the trial: it is excluded until that is over.
      this.#ledger.giveBack(row);
      this.#rebuild();
    }
    return undefined;
  }

  #rebuild(): void {
    this.#epoch = this.#state.epoch;
    this.#limits = this.#plan.settings.backends.map((backend, index) =>
      this.#limitOf(backend, index)
    );
    // The last backends are never ejected: if that would leave none, ejections do not count.
    this.#ejectionsIgnored = !this.#layOut((row) => this.#isUp(row) && !this.#isEjected(row));
    if (this.#ejectionsIgnored) this.#layOut((row) => this.#isUp(row));
  }

  /** Passes the usable backends to the algorithms. Returns whether there are any. */
  #layOut(isUsable: (row: number) => boolean): boolean {
    const primaries: Candidate[] = [];
    const backups: Candidate[] = [];
    this.#plan.settings.backends.forEach((backend, index) => {
      const row = this.#rowOf(index);
      const weight = this.#state.backendCell(row, BackendCell.weight);
      if (weight === 0 || !isUsable(row)) return;
      (backend.backup ? backups : primaries).push({ index, id: backend.id, weight });
    });
    this.#primaries.rebuild(primaries);
    this.#backups.rebuild(backups);
    return primaries.length + backups.length > 0;
  }

  #limitOf({ maxConnections }: BackendSettings, index: number): number {
    const ofAgent = this.#state.backendCell(this.#rowOf(index), BackendCell.agentLimit);
    return ofAgent > 0 ? ofAgent - 1 : maxConnections;
  }

  /** Whether health checks, the agent and the operator let a backend take sessions. */
  #isUp(row: number): boolean {
    return this.#state.backendCell(row, BackendCell.health) === HEALTH.up &&
      this.#state.backendCell(row, BackendCell.agentDown) === 0 &&
      this.#state.backendCell(row, BackendCell.mode) === MODE.ready;
  }

  /** Whether failing sessions keep a backend out, except for its trial. */
  #isEjected(row: number): boolean {
    const ejection = this.#state.backendCell(row, BackendCell.ejection);
    return ejection === EJECTION.ejected || ejection === EJECTION.onTrial;
  }

  #hasRoom(index: number): boolean {
    const row = this.#rowOf(index);
    if (this.#tried.length > 0 && this.#tried.includes(row)) return false;
    const limit = this.#limits[index] as number;
    return limit === 0 || this.#state.backendCell(row, BackendCell.active) < limit;
  }

  /** A peak EWMA as it counts now. */
  #decayed(index: number, average: number, stamp: number): number {
    const row = this.#rowOf(index);
    const costMs = this.#state.backendReading(row, average);
    return decay(costMs, this.#now() - this.#state.backendReading(row, stamp));
  }

  #refusal(): Refusal {
    let anyLeft = false;
    for (const row of this.#plan.backendRows) {
      if (this.#tried.includes(row)) continue;
      if (this.#state.backendCell(row, BackendCell.weight) === 0) continue;
      if (this.#isUp(row)) return "all_full";
      anyLeft = true;
    }
    return anyLeft ? "all_down" : "no_backend";
  }

  #backendOf(index: number): BackendSettings {
    return this.#plan.settings.backends[index] as BackendSettings;
  }

  #rowOf(index: number): number {
    return this.#plan.backendRows[index] as number;
  }
}
