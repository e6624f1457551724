import { type Candidate, type Cursor, type Eligible, NO_BACKEND } from "./algorithm.ts";
import {
  firstEligible,
  type IndexTable,
  indexTable,
  indicesOf,
  largestIndex,
} from "./_index_table.ts";
import { smoothOrder } from "./_smooth_order.ts";

// A cycle can be much longer than the list of candidates; beyond this many slots, searching the
// list is faster.
const MAX_WALK = 1024;

/**
 * The cycle of picks, which all workers lay out identically from the same candidates; a ticket of
 * the shared cursor is a slot in it.
 *
 * Tickets wrap around after 2^32, in the middle of a cycle unless its length is a power of two:
 * once in four billion picks the order jumps.
 */
export class SmoothCycle {
  #cycle: IndexTable = new Uint16Array(0);
  #members: IndexTable = new Uint16Array(0);

  /** Lays the cycle out again; `weights` has one integer of 1 or more for each candidate. */
  rebuild(candidates: readonly Candidate[], weights: readonly number[]): void {
    this.#members = indicesOf(candidates);
    const order = smoothOrder(weights);
    const cycle = indexTable(order.length, largestIndex(candidates));
    for (let slot = 0; slot < order.length; slot += 1) {
      cycle[slot] = this.#members[order[slot] as number] as number;
    }
    this.#cycle = cycle;
  }

  /**
   * Takes a ticket and returns the backend of its slot, or of the next slot whose backend is
   * eligible. Where none is eligible no ticket is taken: otherwise a pool that asks its backups
   * next would take two tickets per session, and see only every other backup.
   */
  pick(cursor: Cursor, eligible: Eligible): number {
    const members = this.#members;
    if (firstEligible(members, 0, eligible) === NO_BACKEND) return NO_BACKEND;
    const ticket = cursor.next();
    const length = this.#cycle.length;
    let slot = ticket % length;
    const steps = Math.min(length, MAX_WALK);
    for (let step = 0; step < steps; step += 1) {
      const index = this.#cycle[slot] as number;
      if (eligible.has(index)) return index;
      slot += 1;
      if (slot === length) slot = 0;
    }
    return firstEligible(members, ticket, eligible);
  }
}
