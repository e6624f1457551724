import type { Layout } from "./layout.ts";

/** The numbers of a mark. */
const TICKET = 0;
const SINCE = 1;
const LOOKED = 2;

/**
 * What each worker tells the others about the clients of a listener that wait in it. Times are those of
 * the shared clock. A mark is written by its worker alone; whoever reads it in between may find a part
 * of the one before, and judges by that until the next look.
 */
export class QueueMarks {
  readonly #floats: Float64Array;
  readonly #layout: Layout;

  constructor(buffer: SharedArrayBuffer, layout: Layout) {
    this.#floats = new Float64Array(buffer);
    this.#layout = layout;
  }

  /**
   * Says how it stands in a worker.
   *
   * @param ticket of the first client that waits
   * @param sinceMs since when that one waits; 0 where none does
   * @param lookedMs when the worker has looked after its clients last
   */
  set(slot: number, row: number, ticket: number, sinceMs: number, lookedMs: number): void {
    const at = this.#at(slot, row);
    this.#floats[at + TICKET] = ticket;
    this.#floats[at + SINCE] = sinceMs;
    this.#floats[at + LOOKED] = lookedMs;
  }

  /** Says that nobody waits. */
  clear(slot: number, row: number): void {
    this.set(slot, row, 0, 0, 0);
  }

  /**
   * Whether a client waits in another worker that came before a ticket was given, and at `sinceMs` or
   * earlier. Workers that have not looked after theirs since `lookedMs` do not count.
   */
  hasEarlier(
    slot: number,
    row: number,
    ticket: number,
    sinceMs: number,
    lookedMs: number,
  ): boolean {
    for (let other = 0; other < this.#layout.workerSlots; other++) {
      if (other === slot) continue;
      const at = this.#at(other, row);
      const theirSinceMs = this.#floats[at + SINCE] as number;
      if (theirSinceMs === 0 || theirSinceMs > sinceMs) continue;
      // Tickets are 32 bits long and begin anew; their difference tells who came first all the same.
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
