import type { ListenerSettings } from "../config/settings.ts";

/** A listener whose backends are monitored, with the rows of its figures. */
export interface WatchedPool {
  readonly listener: ListenerSettings;
  /** The listener's row in the shared state: its identity across reloads. */
  readonly listenerRow: number;
  /** The rows of its backends, in the order of the settings. */
  readonly backendRows: readonly number[];
}
