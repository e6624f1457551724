import { ListenerCell, ListenerTally } from "../state/counters.ts";
import type { SharedState } from "../state/shared_state.ts";

/**
 * Decides who may have a session of one listener, before anything is read from the client.
 *
 * Invariant: every client that was admitted leaves exactly once. The count is shared by all workers,
 * so that a limit holds over all of them together.
 */
export class Admission {
  readonly #state: SharedState;
  readonly #slot: number;
  readonly #row: number;

  /**
   * @param slot the worker's slot in the shared state
   * @param row the listener's row in the shared state
   */
  constructor(state: SharedState, slot: number, row: number) {
    this.#state = state;
    this.#slot = slot;
    this.#row = row;
  }

  /** Counts a client in, unless the listener has `maxConnections` sessions (0 = no limit). */
  admit(maxConnections: number): boolean {
    const state = this.#state;
    state.addListenerTally(this.#slot, this.#row, ListenerTally.accepted, 1);
    const before = state.addListenerCell(this.#row, ListenerCell.active, 1);
    if (maxConnections !== 0 && before >= maxConnections) {
      state.addListenerCell(this.#row, ListenerCell.active, -1);
      state.addListenerTally(this.#slot, this.#row, ListenerTally.refusedMaxConnections, 1);
      return false;
    }
    state.addListenerTally(this.#slot, this.#row, ListenerTally.active, 1);
    return true;
  }

  /** Counts a client out. */
  leave(): void {
    this.#state.addListenerTally(this.#slot, this.#row, ListenerTally.active, -1);
    this.#state.addListenerCell(this.#row, ListenerCell.active, -1);
  }
}
