import { ListenerCell, ListenerTally } from "../state/counters.ts";
import type { SharedState } from "../state/shared_state.ts";

/** How often the queue is looked after while somebody waits: places are freed by other workers too. */
export const QUEUE_TURN_MS = 10;

/** A session that waits for a place. */
export interface Waiter {
  /** Tries to take a place. Tells whether the wait is over, with a place or without. */
  serve(): boolean;
}

/**
 * The clients of one worker that wait for a place at a backend, first come, first served.
 *
 * The length is counted over all workers, so that `max_queue` holds for the listener; the order is
 * kept within each worker.
 */
export class WaitQueue {
  readonly #state: SharedState;
  readonly #slot: number;
  readonly #row: number;
  readonly #waiters = new Set<Waiter>();

  /**
   * @param slot the worker's slot in the shared state
   * @param row the listener's row in the shared state
   */
  constructor(state: SharedState, slot: number, row: number) {
    this.#state = state;
    this.#slot = slot;
    this.#row = row;
  }

  /** How many wait in this worker. */
  get size(): number {
    return this.#waiters.size;
  }

  /** Lets a session wait, unless `maxQueue` of the listener's do. */
  join(waiter: Waiter, maxQueue: number): boolean {
    const before = this.#state.addListenerCell(this.#row, ListenerCell.queued, 1);
    if (before >= maxQueue) {
      this.#state.addListenerCell(this.#row, ListenerCell.queued, -1);
      return false;
    }
    this.#state.addListenerTally(this.#slot, this.#row, ListenerTally.queuedInAll, 1);
    this.#state.addListenerTally(this.#slot, this.#row, ListenerTally.queuedHere, 1);
    this.#waiters.add(waiter);
    return true;
  }

  /** Ends a wait, whatever came of it. */
  leave(waiter: Waiter): void {
    if (!this.#waiters.delete(waiter)) return;
    this.#state.addListenerTally(this.#slot, this.#row, ListenerTally.queuedHere, -1);
    this.#state.addListenerCell(this.#row, ListenerCell.queued, -1);
  }

  /** Serves those who came first, as far as there are places. */
  turn(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.serve()) return;
      this.leave(waiter);
    }
  }
}
