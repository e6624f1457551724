import type { SharedState } from "../state/shared_state.ts";

/**
 * The slot of the shared state in which the main thread counts. It is the last one: each tally has
 * a single writer, so the main thread needs a slot that no worker ever gets.
 */
export function mainSlot(state: SharedState): number {
  return state.layout.workerSlots - 1;
}
