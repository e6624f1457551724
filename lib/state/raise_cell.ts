/**
 * Adds one to a cell, unless it is `limit` or more, and returns whether it did. The cell is never
 * above the limit, not even for a moment: another thread would take a free place for taken, and
 * turn a client away.
 */
export function raiseCell(cells: Int32Array, at: number, limit: number): boolean {
  for (;;) {
    const before = Atomics.load(cells, at);
    if (before >= limit) return false;
    if (Atomics.compareExchange(cells, at, before, before + 1) === before) return true;
  }
}
