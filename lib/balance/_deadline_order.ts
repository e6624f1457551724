import { type IndexTable, indexTable } from "./_index_table.ts";

/**
 * Lays out one cycle, earliest deadline first. The k-th pick (from 0) of a place of weight w in a
 * cycle of `length` slots may come no earlier than slot k * length / w, and is due by (k + 1) *
 * length / w; each slot goes to the pick that is due first, the first place among equals. No place
 * is ever a whole pick ahead of or behind its share: this is proportionate fair scheduling (Baruah
 * and others, 1996) on one processor, where earliest deadline first meets every deadline.
 *
 * Costs O(length × log(places)).
 *
 * @param weights integers of 1 or more; their sum is the length
 */
export function deadlineOrder(weights: Float64Array): IndexTable {
  const count = weights.length;
  let length = 0;
  for (const weight of weights) length += weight;
  const order = indexTable(length, count - 1);
  const done = new Uint32Array(count);
  const due = new DueHeap(count);
  const waiting = new SlotLists(length, count);
  for (let place = count - 1; place >= 0; place -= 1) waiting.add(0, place);
  for (let slot = 0; slot < length; slot += 1) {
    for (let place = waiting.first(slot); place >= 0; place = waiting.after(place)) {
      due.push(place, ((done[place] as number) + 1) / (weights[place] as number));
    }
    const place = due.pop();
    const weight = weights[place] as number;
    const picks = (done[place] as number) + 1;
    order[slot] = place;
    done[place] = picks;
    if (picks < weight) waiting.add(Math.max(Math.floor(picks * length / weight), slot + 1), place);
  }
  return order;
}

/** Which places become free at which slot: a linked list for each slot, in two arrays. */
class SlotLists {
  readonly #first: Int32Array;
  readonly #after: Int32Array;

  constructor(slots: number, places: number) {
    this.#first = new Int32Array(slots).fill(-1);
    this.#after = new Int32Array(places);
  }

  add(slot: number, place: number): void {
    this.#after[place] = this.#first[slot] as number;
    this.#first[slot] = place;
  }

  first(slot: number): number {
    return this.#first[slot] as number;
  }

  after(place: number): number {
    return this.#after[place] as number;
  }
}

/** A binary heap of places, the earliest deadline on top, the lower place among equals. */
class DueHeap {
  readonly #places: Uint32Array;
  readonly #deadlines: Float64Array;
  #size = 0;

  constructor(places: number) {
    this.#places = new Uint32Array(places);
    this.#deadlines = new Float64Array(places);
  }

  push(place: number, deadline: number): void {
    this.#deadlines[place] = deadline;
    let at = this.#size;
    this.#size += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#places[parent] as number;
      if (!this.#before(place, above)) break;
      this.#places[at] = above;
      at = parent;
    }
    this.#places[at] = place;
  }

  pop(): number {
    const top = this.#places[0] as number;
    this.#size -= 1;
    const last = this.#places[this.#size] as number;
    let at = 0;
    while (true) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (
        right < this.#size &&
        this.#before(this.#places[right] as number, this.#places[child] as number)
      ) {
        child = right;
      }
      const below = this.#places[child] as number;
      if (!this.#before(below, last)) break;
      this.#places[at] = below;
      at = child;
    }
    this.#places[at] = last;
    return top;
  }

  #before(a: number, b: number): boolean {
    const difference = (this.#deadlines[a] as number) - (this.#deadlines[b] as number);
    return difference < 0 || (difference === 0 && a < b);
  }
}
