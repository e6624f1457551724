import { ListenerCell, ListenerTally } from "../state/counters.ts";
import type { SharedState } from "../state/shared_state.ts";

/** How often the queue is looked after while somebody waits: places are freed by other workers too. */
export const QUEUE_TURN_MS = 10;
/**
 * A worker serves its own clients, which costs no time, until another worker's have waited so much
 * longer. Whoever then is to be served hears of a free place within a turn only.
 */
const HEAD_START_MS = 100;
/** A worker that has not looked after its queue for so long hangs, and is not waited for. */
const LONGEST_SILENCE_MS = 500;

/** A session that waits for a place. */
export interface Waiter {
  /**
   * Tries to take a place. Tells whether the wait is over, with a place or without; then it has left
   * the queue, and may have joined it anew.
   */
  serve(): boolean;
}

/**
 * The clients of one worker that wait for a place at a backend.
 *
 * The length is counted over all workers, so that `max_queue` holds for the listener. Within a worker
 * who came first is served first; over all workers so to within {@linkcode HEAD_START_MS}.
 */
export class WaitQueue {
  readonly #state: SharedState;
  readonly #slot: number;
  readonly #row: number;
  readonly #now: () => number;
  /** Since when each of them waits. */
  readonly #waiters = new Map<Waiter, number>();
  #isTurning = false;

  /**
   * @param slot the worker's slot in the shared state
   * @param row the listener's row in the shared state
   * @param now the time in milliseconds since 1970, the same for all workers
   */
  constructor(state: SharedState, slot: number, row: number, now: () => number = Date.now) {
    this.#state = state;
    this.#slot = slot;
    this.#row = row;
    this.#now = now;
  }

  /** How many wait in this worker. */
  get size(): number {
    return this.#waiters.size;
  }

  /** Whether a client that comes now has to let others go first. */
  get isAhead(): boolean {
    if (this.#waiters.size > 0) return true;
    const nowMs = this.#now();
    return this.#isTurnOfOthers(nowMs, nowMs);
  }

  /** Lets a session wait, unless `maxQueue` of the listener's do. */
  join(waiter: Waiter, maxQueue: number): boolean {
    if (!this.#state.raiseListenerCell(this.#row, ListenerCell.queued, maxQueue)) return false;
    this.#state.addListenerTally(this.#slot, this.#row, ListenerTally.queuedInAll, 1);
    this.#state.addListenerTally(this.#slot, this.#row, ListenerTally.queuedHere, 1);
    const nowMs = this.#now();
    this.#waiters.set(waiter, nowMs);
    this.#mark(nowMs);
    return true;
  }

  /** Ends a wait, whatever came of it. */
  leave(waiter: Waiter): void {
    if (!this.#waiters.delete(waiter)) return;
    this.#state.addListenerTally(this.#slot, this.#row, ListenerTally.queuedHere, -1);
    this.#state.addListenerCell(this.#row, ListenerCell.queued, -1);
    this.#mark(this.#now());
  }

  /** Serves those who came first, as far as there are places. */
  turn(): void {
    // A session that ends while it is served frees its place in the midst of a turn, which goes on
    // anyway. A turn within the turn for each of them would need as much stack as there are waiters.
    if (this.#isTurning) return;
    this.#isTurning = true;
    const nowMs = this.#now();
    try {
      for (const [waiter, sinceMs] of this.#waiters) {
        if (this.#isTurnOfOthers(sinceMs, nowMs) || !waiter.serve()) break;
      }
    } finally {
      this.#isTurning = false;
      this.#mark(nowMs);
    }
  }

  /** Whether somebody in another worker has waited much longer than since `sinceMs`. */
  #isTurnOfOthers(sinceMs: number, nowMs: number): boolean {
    const waiting = this.#state.listenerCell(this.#row, ListenerCell.queued);
    if (waiting <= this.#waiters.size) return false;
    return this.#state.hasEarlierWaiter(
      this.#slot,
      this.#row,
      sinceMs - HEAD_START_MS,
      nowMs - LONGEST_SILENCE_MS,
    );
  }

  /** Tells the other workers how long the first one here has waited. */
  #mark(nowMs: number): void {
    const [firstMs = 0] = this.#waiters.values();
    this.#state.markQueue(this.#slot, this.#row, firstMs, nowMs);
  }
}
