/** Something that is due at some time. */
export interface Due {
  dueMs: number;
  /** Its place in the order, written only by that order; -1 while it is in none. */
  place: number;
}

/**
 * Items in the order in which they are due: a binary heap that knows each member's place, so moving
 * or removing one takes logarithmic time and leaves nothing behind.
 */
export class DueOrder<T extends Due> {
  readonly #heap: T[] = [];

  /** The item that is due first. */
  get first(): T | undefined {
    return this.#heap[0];
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Adds an item at its due time, or moves it there. */
  set(due: T, dueMs: number): void {
    due.dueMs = dueMs;
    if (due.place < 0) {
      due.place = this.#heap.length;
      this.#heap.push(due);
    }
    this.#rise(due);
    this.#sink(due);
  }

  /** Removes an item, if it is in. */
  remove(due: T): void {
    const { place } = due;
    if (place < 0) return;
    const last = this.#heap.pop() as T;
    due.place = -1;
    if (last === due) return;
    this.#heap[place] = last;
    last.place = place;
    this.#rise(last);
    this.#sink(last);
  }

  #rise(due: T): void {
    while (due.place > 0) {
      const above = this.#heap[(due.place - 1) >> 1] as T;
      if (above.dueMs <= due.dueMs) return;
      this.#swap(due, above);
    }
  }

  #sink(due: T): void {
    for (;;) {
      const left = this.#heap[2 * due.place + 1];
      if (left === undefined) return;
      const right = this.#heap[2 * due.place + 2];
      const sooner = right !== undefined && right.dueMs < left.dueMs ? right : left;
      if (due.dueMs <= sooner.dueMs) return;
      this.#swap(due, sooner);
    }
  }

  #swap(one: T, other: T): void {
    const { place } = one;
    one.place = other.place;
    other.place = place;
    this.#heap[one.place] = one;
    this.#heap[other.place] = other;
  }
}
