import type { ListenerSettings } from "../config/settings.ts";
import type { SharedState } from "../state/shared_state.ts";
import { isUsableBut } from "./ejection.ts";

/** A listener whose backends are monitored, with the rows of its figures. */
export interface WatchedPool {
  readonly listener: ListenerSettings;
  /** The listener's row in the shared state: its identity across reloads. */
  readonly listenerRow: number;
  /** The rows of its backends, in the order of the settings. */
  readonly backendRows: readonly number[];
}

/**
 * Whether a listener has a backend that takes sessions. Ejections do not count: where they alone
 * would leave no backend, ejected ones are used anyway.
 */
export function hasUsableBackend(state: SharedState, { backendRows }: WatchedPool): boolean {
  return backendRows.some((row) => isUsableBut(state, row));
}
