/**
 * Hands out the rows of one region of the shared state by name, so that what keeps its name across
 * a reload keeps its figures. Used by the main thread only.
 */
export class RowTable {
  readonly #rowsByName = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #capacity: number;
  #next = 0;

  /** @param capacity how many rows the region has */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The names that have a row. */
  names(): Iterable<string> {
    return this.#rowsByName.keys();
  }

  /** Whether no other name can get a row. */
  get isFull(): boolean {
    return this.#rowsByName.size >= this.#capacity;
  }

  has(name: string): boolean {
    return this.#rowsByName.has(name);
  }

  /**
   * Returns the row of a name, which gets one if it has none. Throws a `RangeError` if all are
   * taken.
   */
  take(name: string): number {
    const known = this.#rowsByName.get(name);
    if (known !== undefined) return known;
    const row = this.#free.pop() ?? this.#next++;
    if (row >= this.#capacity) throw new RangeError(`All ${this.#capacity} rows are taken`);
    this.#rowsByName.set(name, row);
    return row;
  }

  /** Frees the row of a name for another one. The caller must clear its figures. */
  release(name: string): void {
    const row = this.#rowsByName.get(name);
    if (row === undefined) return;
    this.#rowsByName.delete(name);
    this.#free.push(row);
  }
}
