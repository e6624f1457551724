/** Something that is due at some time. */
export interface Due {
  dueMs: number;
  /** Its place in the order, which alone writes it; -1 while it is in none. */
  place: number;
}

/**
 * Things in the order in which they are due: a binary heap that knows each member's place, so that
 * moving or removing one costs a logarithm and leaves nothing behind.
 */
export class DueOrder<T extends Due> {
  readonly #heap: T[] = [];

  /** What is due first. */
  get first(): T | undefined {
    return this.#heap[0];
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Puts a thing in at a time, or moves it there. */
  set(due: T, dueMs: number): void {
    due.dueMs = dueMs;
    if (due.place < 0) {
      due.place = this.#heap.length;
      this.#heap.push(due);
    }
    this.#rise(due);
    this.#sink(due);
  }

  /** Takes a thing out, if it is in. */
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
