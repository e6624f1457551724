import type { SharedState } from "../state/shared_state.ts";

/**
 * The slot in the shared state that the main thread counts in. It is the last one: tallies have one
 * writer each, so what the main thread counts needs a slot that no worker ever gets.
 */
export function mainSlot(state: SharedState): number {
  return state.layout.workerSlots - 1;
}
