/**
 * Hands out the rows of one region of the shared state by name, so that whoever keeps its name over
 * a reload keeps its figures. Kept by the main thread alone.
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

  /** Every name that has a row now. */
  names(): Iterable<string> {
    return this.#rowsByName.keys();
  }

  /** Whether no further name can have a row. */
  get isFull(): boolean {
    return this.#rowsByName.size >= this.#capacity;
  }

  has(name: string): boolean {
    return this.#rowsByName.has(name);
  }

  /** The row of a name, which gets one if it has none. Throws a `RangeError` when all are taken. */
  take(name: string): number {
    const known = this.#rowsByName.get(name);
    if (known !== undefined) return known;
    const row = this.#free.pop() ?? this.#next++;
    if (row >= this.#capacity) throw new RangeError(`All ${this.#capacity} rows are taken`);
    this.#rowsByName.set(name, row);
    return row;
  }

  /** Lets the row of a name be used for another one. Its figures are the caller's to clear. */
  release(name: string): void {
    const row = this.#rowsByName.get(name);
    if (row === undefined) return;
    this.#rowsByName.delete(name);
    this.#free.push(row);
  }
}
