import { PoolCell, PoolTally } from "./counters.ts";
import { type Layout, POOL_ROWS } from "./layout.ts";
import { QueueMarks } from "./queue_marks.ts";
import { raiseCell } from "./raise_cell.ts";
import type { UsedSlots } from "./used_slots.ts";

/** The pools' rows of the shared memory. For who may write what, see `SharedState`. */
export class PoolRows {
  /** What the workers tell one another about the clients that wait in them. */
  readonly queueMarks: QueueMarks;
  readonly #layout: Layout;
  readonly #usedSlots: UsedSlots;
  readonly #cells: Int32Array;
  readonly #floats: Float64Array;

  constructor(buffer: SharedArrayBuffer, layout: Layout, usedSlots: UsedSlots) {
    this.queueMarks = new QueueMarks(buffer, layout, usedSlots);
    this.#layout = layout;
    this.#usedSlots = usedSlots;
    this.#cells = new Int32Array(buffer);
    this.#floats = new Float64Array(buffer);
  }

  cell(row: number, cell: number): number {
    return Atomics.load(this.#cells, this.#cellAt(row, cell));
  }

  /** Adds to a cell and returns the value before. */
  addToCell(row: number, cell: number, amount: number): number {
    return Atomics.add(this.#cells, this.#cellAt(row, cell), amount);
  }

  /** Adds one to a cell, unless it is `limit` or more, and returns whether it did. */
  raiseCell(row: number, cell: number, limit: number): boolean {
    return raiseCell(this.#cells, this.#cellAt(row, cell), limit);
  }

  tally(slot: number, row: number, tally: number): number {
    return this.#floats[this.#tallyAt(slot, row, tally)] as number;
  }

  addToTally(slot: number, row: number, tally: number, amount: number): void {
    const at = this.#tallyAt(slot, row, tally);
    this.#floats[at] = (this.#floats[at] as number) + amount;
  }

  /** Adds up a tally of a pool over all slots. */
  tallySum(row: number, tally: number): number {
    let sum = 0;
    for (const slot of this.#usedSlots.all()) sum += this.tally(slot, row, tally);
    return sum;
  }

  /** Resets everything that is known about a pool, before its row is used again. */
  clear(row: number): void {
    const { poolCellStride, poolTallyStride } = this.#layout;
    for (let cell = 0; cell < poolCellStride; cell++) {
      Atomics.store(this.#cells, this.#cellAt(row, cell), 0);
    }
    for (const slot of this.#usedSlots.all()) {
      const tallies = this.#tallyAt(slot, row, 0);
      this.#floats.fill(0, tallies, tallies + poolTallyStride);
      this.queueMarks.clear(slot, row);
    }
  }

  /** Subtracts the sessions of a dead worker, as `SharedState.releaseWorker` does. */
  release(slot: number): void {
    for (let row = 0; row < POOL_ROWS; row++) {
      this.#release(slot, row, PoolTally.active, PoolCell.active);
      this.#release(slot, row, PoolTally.queuedHere, PoolCell.queued);
      this.queueMarks.clear(slot, row);
    }
  }

  #release(slot: number, row: number, tally: number, cell: number): void {
    const share = this.tally(slot, row, tally);
    if (share === 0) return;
    this.addToCell(row, cell, -share);
    this.addToTally(slot, row, tally, -share);
  }

  #cellAt(row: number, cell: number): number {
    return this.#layout.poolCells + row * this.#layout.poolCellStride + cell;
  }

  #tallyAt(slot: number, row: number, tally: number): number {
    const { stripes, stripeStride, poolTallies, poolTallyStride } = this.#layout;
    return stripes + slot * stripeStride + poolTallies + row * poolTallyStride + tally;
  }
}
