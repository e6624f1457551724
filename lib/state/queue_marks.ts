import type { Layout } from "./layout.ts";
import type { UsedSlots } from "./used_slots.ts";

/** The numbers of a mark. */
const TICKET = 0;
const SINCE = 1;
const LOOKED = 2;

/**
 * What each worker tells the others about a listener's clients that wait in its queue. Times are
 * those of the shared clock. Only its own worker writes a mark; a concurrent reader may see part of
 * the previous one, and judges by that until its next look.
 */
export class QueueMarks {
  readonly #floats: Float64Array;
  readonly #layout: Layout;
  readonly #usedSlots: UsedSlots;

  constructor(buffer: SharedArrayBuffer, layout: Layout, usedSlots: UsedSlots) {
    this.#floats = new Float64Array(buffer);
    this.#layout = layout;
    this.#usedSlots = usedSlots;
  }

  /**
   * Records the state of a worker's queue.
   *
   * @param ticket of the first client that waits
   * @param sinceMs since when that client has been waiting; 0 if none is
   * @param lookedMs when the worker last checked its clients
   */
  set(slot: number, row: number, ticket: number, sinceMs: number, lookedMs: number): void {
    const at = this.#at(slot, row);
    this.#floats[at + TICKET] = ticket;
    this.#floats[at + SINCE] = sinceMs;
    this.#floats[at + LOOKED] = lookedMs;
  }

  /** Records that no client is waiting. */
  clear(slot: number, row: number): void {
    this.set(slot, row, 0, 0, 0);
  }

  /**
   * Whether another worker has a waiting client with an earlier ticket that has waited since
   * `sinceMs` or longer. Workers that have not checked their clients since `lookedMs` do not count.
   */
  hasEarlier(
    slot: number,
    row: number,
    ticket: number,
    sinceMs: number,
    lookedMs: number,
  ): boolean {
    for (const other of this.#usedSlots.all()) {
      if (other === slot) continue;
      const at = this.#at(other, row);
      const theirSinceMs = this.#floats[at + SINCE] as number;
      if (theirSinceMs === 0 || theirSinceMs > sinceMs) continue;
      // Tickets are 32 bits long and wrap around; their difference still tells which came first.
      if (((this.#floats[at + TICKET] as number) - ticket | 0) >= 0) continue;
      if ((this.#floats[at + LOOKED] as number) >= lookedMs) return true;
    }
    return false;
  }

  #at(slot: number, row: number): number {
    const { stripes, stripeStride, queueMarks, queueMarkStride } = this.#layout;
    return stripes + slot * stripeStride + queueMarks + row * queueMarkStride;
  }
}
