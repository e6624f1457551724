import { Ledger } from "../balance/ledger.ts";
import { Pool } from "../balance/pool.ts";
import { Random } from "../base/random.ts";
import type { PoolSettings } from "../config/settings.ts";
import { PassiveHealth } from "../health/passive_health.ts";
import { PoolTally } from "../state/counters.ts";
import type { PoolPlan } from "../state/pool_plan.ts";
import type { SharedState } from "../state/shared_state.ts";
import type { EngineInputs } from "./engine_inputs.ts";
import { type Later, WaitQueue } from "./wait_queue.ts";

/**
 * One worker's share of a pool, which all listeners of the worker that use the pool have in common:
 * the settings in force, the choice of a backend, and the clients that wait for one.
 */
export class PoolShare {
  readonly pool: Pool;
  readonly queue: WaitQueue;
  readonly #state: SharedState;
  readonly #slot: number;
  readonly #passiveHealth: PassiveHealth;
  #plan: PoolPlan;

  constructor(plan: PoolPlan, { state, slot }: EngineInputs, later: Later) {
    this.#state = state;
    this.#slot = slot;
    this.#plan = plan;
    this.queue = new WaitQueue(state, slot, plan.row, later);
    const random = Random.fromEntropy().next;
    const now = () => state.clockMs;
    this.#passiveHealth = new PassiveHealth(plan, { state, slot, now, random });
    this.pool = new Pool(plan, {
      state,
      ledger: new Ledger({ state, slot, poolRow: plan.row, now, watcher: this.#passiveHealth }),
      random,
      now,
    });
  }

  /** What a session that begins now goes by. */
  get settings(): PoolSettings {
    return this.#plan.settings;
  }

  /** Whether sessions of this worker have backends of the pool, or wait for one. */
  get isInUse(): boolean {
    const { pools } = this.#state;
    const { row } = this.#plan;
    return pools.tally(this.#slot, row, PoolTally.active) > 0 || this.queue.size > 0;
  }

  /** Applies new settings to the sessions to come. */
  update(plan: PoolPlan): void {
    if (plan === this.#plan) return;
    this.#plan = plan;
    this.#passiveHealth.update(plan);
    this.pool.update(plan);
  }
}
