import type { ListenerSettings } from "../config/settings.ts";
import type { PoolPlan } from "../state/pool_plan.ts";

/** A listener with the place of its figures in the shared state, and its pool. */
export interface ListenerPlan {
  readonly settings: ListenerSettings;
  readonly row: number;
  /** One of the generation's pools, which several listeners may have in common. */
  readonly pool: PoolPlan;
}

/** What an engine is to serve from now on. Every worker of an engine gets the same. */
export interface Generation {
  /** Increases by one with every reload. */
  readonly number: number;
  readonly listeners: readonly ListenerPlan[];
  readonly pools: readonly PoolPlan[];
}

/** A listener that could not be bound, and why. */
export interface BindProblem {
  /** The listener's key. */
  readonly listener: string;
  readonly message: string;
}
