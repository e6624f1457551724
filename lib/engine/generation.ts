import type { PoolRows } from "../balance/pool.ts";
import type { ListenerSettings } from "../config/settings.ts";
import type { WatchedPool } from "../health/watched_pool.ts";

/** A listener with the rows of its figures in the shared state. */
export interface ListenerPlan {
  readonly settings: ListenerSettings;
  readonly rows: PoolRows;
}

/** The listener's backends, as health monitoring sees them. */
export function watchedPool({ settings, rows }: ListenerPlan): WatchedPool {
  return { listener: settings, listenerRow: rows.listener, backendRows: rows.backends };
}

/** What an engine serves from now on. Every worker of an engine gets the same. */
export interface Generation {
  /** Increases by one with every reload. */
  readonly number: number;
  readonly listeners: readonly ListenerPlan[];
}

/** A listener that could not be bound, and why. */
export interface BindProblem {
  /** The listener's key. */
  readonly listener: string;
  readonly message: string;
}
