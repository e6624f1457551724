import type { PoolSettings } from "../config/settings.ts";

/** A pool with the places of its figures in the shared state. */
export interface PoolPlan {
  readonly settings: PoolSettings;
  readonly row: number;
  /** One for each backend, in the order of the settings. */
  readonly backendRows: readonly number[];
}
