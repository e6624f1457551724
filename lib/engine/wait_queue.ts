import { PoolCell, PoolTally } from "../state/counters.ts";
import type { SharedState } from "../state/shared_state.ts";

/** How often the queue is looked after while somebody waits: places are freed by other workers too. */
const QUEUE_TURN_MS = 10;
/**
 * A worker serves its own clients, which costs no time, until another worker's have waited so much
 * longer, to within a step of the shared clock. The client to serve then learns of a free place
 * within a turn only.
 */
const HEAD_START_MS = 200;
/** A worker that has not looked after its queue for so long hangs, and is not waited for. */
const LONGEST_SILENCE_MS = 500;

/** Calls back after so many milliseconds, in the thread's own loop. */
export type Later = (afterMs: number, ring: () => void) => void;

/** A session that waits for a place. */
export interface Waiter {
  /**
   * Tries to take a place. Returns whether the wait is over, with a place or without; then it has left
   * the queue, and may have joined it again.
   */
  serve(): boolean;
  /** Hears that the attempt has thrown, and leaves the queue. */
  fail(error: unknown): void;
}

/** Where somebody stands among all who wait. */
interface Place {
  readonly ticket: number;
  /** Since when, by the shared clock. */
  readonly sinceMs: number;
}

/**
 * The clients of one worker that wait for a place at a backend.
 *
 * The length is counted over all workers, so that `max_queue` holds for the pool. Within a worker
 * who came first is served first; over all workers so to within {@linkcode HEAD_START_MS}. Who came
 * first is told by tickets, and how much longer somebody has waited by the shared clock: neither goes
 * by the system's time, which may be set back.
 */
export class WaitQueue {
  readonly #state: SharedState;
  readonly #slot: number;
  readonly #row: number;
  readonly #waiters = new Map<Waiter, Place>();
  readonly #later: Later;
  #isTurning = false;
  #isWatched = false;

  /**
   * @param slot the worker's slot in the shared state
   * @param row the pool's row in the shared state
   * @param later calls back after so many milliseconds
   */
  constructor(state: SharedState, slot: number, row: number, later: Later) {
    this.#state = state;
    this.#slot = slot;
    this.#row = row;
    this.#later = later;
  }

  /** How many wait in this worker. */
  get size(): number {
    return this.#waiters.size;
  }

  /** Whether a client that comes now has to let others go first. */
  get isAhead(): boolean {
    if (this.#waiters.size > 0) return true;
    const nowMs = this.#state.clockMs;
    const ticket = this.#state.pools.cell(this.#row, PoolCell.tickets);
    return this.#isTurnOfOthers({ ticket, sinceMs: nowMs }, nowMs);
  }

  /** Lets a session wait, unless `maxQueue` of the pool's already do. */
  join(waiter: Waiter, maxQueue: number): boolean {
    if (!this.#state.pools.raiseCell(this.#row, PoolCell.queued, maxQueue)) return false;
    this.#state.pools.addToTally(this.#slot, this.#row, PoolTally.queuedInAll, 1);
    this.#state.pools.addToTally(this.#slot, this.#row, PoolTally.queuedHere, 1);
    const nowMs = this.#state.clockMs;
    this.#waiters.set(waiter, { ticket: this.#takeTicket(), sinceMs: nowMs });
    this.#mark(nowMs);
    this.#watch();
    return true;
  }

  /** Ends a wait, whatever came of it. */
  leave(waiter: Waiter): void {
    if (!this.#waiters.delete(waiter)) return;
    this.#state.pools.addToTally(this.#slot, this.#row, PoolTally.queuedHere, -1);
    this.#state.pools.addToCell(this.#row, PoolCell.queued, -1);
    this.#mark(this.#state.clockMs);
  }

  /** Serves those who came first, as far as there are places. */
  turn(): void {
    // A session that ends while it is served frees its place in the midst of a turn, which goes on
    // anyway. A turn within the turn for each of them would need as much stack as there are waiters.
    if (this.#isTurning) return;
    this.#isTurning = true;
    const nowMs = this.#state.clockMs;
    try {
      for (const [waiter, place] of this.#waiters) {
        if (this.#isTurnOfOthers(place, nowMs) || !this.#serve(waiter)) break;
      }
    } finally {
      this.#isTurning = false;
      this.#mark(nowMs);
    }
  }

  /** Returns the next number for a client that begins to wait, in order across all workers. */
  #takeTicket(): number {
    return this.#state.pools.addToCell(this.#row, PoolCell.tickets, 1);
  }

  /** Looks after the queue for as long as somebody waits in it. */
  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.#later(QUEUE_TURN_MS, () => {
      this.#isWatched = false;
      this.turn();
      if (this.size > 0) this.#watch();
    });
  }

  /** No attempt is known to throw. Should one do so all the same, it must cost that client alone. */
  #serve(waiter: Waiter): boolean {
    try {
      return waiter.serve();
    } catch (error) {
      waiter.fail(error);
      return true;
    }
  }

  /** Whether somebody in another worker came before a place was taken, and has waited much longer. */
  #isTurnOfOthers({ ticket, sinceMs }: Place, nowMs: number): boolean {
    const waiting = this.#state.pools.cell(this.#row, PoolCell.queued);
    if (waiting <= this.#waiters.size) return false;
    return this.#state.pools.queueMarks.hasEarlier(
      this.#slot,
      this.#row,
      ticket,
      sinceMs - HEAD_START_MS,
      nowMs - LONGEST_SILENCE_MS,
    );
  }

  /** Publishes to the other workers how long the first one here has waited. */
  #mark(nowMs: number): void {
    const [first] = this.#waiters.values();
    const { ticket = 0, sinceMs = 0 } = first ?? {};
    this.#state.pools.queueMarks.set(this.#slot, this.#row, ticket, sinceMs, nowMs);
  }
}
