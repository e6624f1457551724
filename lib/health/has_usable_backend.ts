import type { SharedState } from "../state/shared_state.ts";
import { isUsableBut } from "./ejection.ts";
import type { WatchedPool } from "./watched_pool.ts";

/**
 * Whether a listener has a backend that takes sessions. Ejections do not count: where they alone
 * would leave no backend, ejected ones are used anyway.
 */
export function hasUsableBackend(state: SharedState, { backendRows }: WatchedPool): boolean {
  return backendRows.some((row) => isUsableBut(state, row));
}
