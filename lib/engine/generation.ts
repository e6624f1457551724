import type { ListenerSettings } from "../config/settings.ts";
import type { PoolPlan } from "../state/pool_plan.ts";

/** A listener with the place of its figures in the shared state, and its pool. */
export interface ListenerPlan {
  readonly settings: ListenerSettings;
  readonly row: number;
  /** One of the generation's pools, which several listeners may have in common. */
  readonly pool: PoolPlan;
}

/** What a worker is to serve from now on. */
export interface Generation {
  /** Increases by one with every reload. */
  readonly number: number;
  /** Those that it accepts clients for: the same for every worker of an engine that stays. */
  readonly listeners: readonly ListenerPlan[];
  /** All pools in force: sessions from before may wait for backends of any. */
  readonly pools: readonly PoolPlan[];
  /**
   * Those that other workers accept clients for, and this one may still have clients of: they go on
   * by these plans, because the rows of other backends may be used again. @default {[]}
   */
  readonly finishing?: readonly ListenerPlan[];
}

/** A listener that could not be bound, and why. */
export interface BindProblem {
  /** The listener's key. */
  readonly listener: string;
  readonly message: string;
}
