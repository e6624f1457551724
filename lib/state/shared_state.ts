import { BackendCell, BackendTally, ListenerCell, ListenerTally } from "./counters.ts";
import { ClientTable } from "./client_table.ts";
import { bucketColumn, type HistogramDefinition } from "./histograms.ts";
import { BACKEND_ROWS, type Layout, layoutFor, LISTENER_ROWS } from "./layout.ts";
import { PoolRows } from "./pool_rows.ts";
import { raiseCell } from "./raise_cell.ts";
import { ResetWindow } from "./reset_window.ts";
import { returnToken, takeToken, type TokenRate } from "./token_bucket.ts";
import { UsedSlots } from "./used_slots.ts";

/** Offsets in the header, the first cache line of the memory. */
const HEADER_WORKER_SLOTS = 0;
const HEADER_EPOCH = 1;
const HEADER_CLOCK = 2;

/** The steps of the shared clock, in milliseconds; 32 bits of them last for thirteen years. */
export const CLOCK_TICK_MS = 100;

/**
 * The memory that the main thread and all workers share.
 *
 * Every method but `awaitWorkerCell` is a read or a write at a fixed offset: none locks or waits.
 * Who may write what: cells are written by any thread, through `Atomics`; readings by any worker,
 * last writer wins; a tally only by the worker that owns the slot, and by the main thread after
 * that worker has died.
 */
export class SharedState {
  readonly buffer: SharedArrayBuffer;
  readonly layout: Layout;
  /** What is known about the pools. */
  readonly pools: PoolRows;
  readonly #cells: Int32Array;
  readonly #floats: Float64Array;
  readonly #buckets: BigInt64Array;
  readonly #usedSlots: UsedSlots;
  /** Recent counts of each backend's sessions. */
  readonly resetWindow: ResetWindow;

  private constructor(buffer: SharedArrayBuffer, layout: Layout) {
    this.buffer = buffer;
    this.layout = layout;
    this.#usedSlots = new UsedSlots(buffer, layout);
    this.pools = new PoolRows(buffer, layout, this.#usedSlots);
    this.resetWindow = new ResetWindow(buffer, layout);
    this.#cells = new Int32Array(buffer);
    this.#floats = new Float64Array(buffer);
    this.#buckets = new BigInt64Array(buffer);
  }

  /**
   * Creates the memory, all zero, for a number of worker slots. Called once, by the main thread.
   * Throws a `RangeError` if the system does not grant as much.
   *
   * @param usedSlots how many of the first slots count as used from the start; see
   * {@linkcode SharedState.useWorkerSlot}
   */
  static create(workerSlots: number, usedSlots: number = workerSlots): SharedState {
    const layout = layoutFor(workerSlots);
    const state = new SharedState(new SharedArrayBuffer(layout.byteLength), layout);
    state.#cells[HEADER_WORKER_SLOTS] = workerSlots;
    state.#usedSlots.raise(usedSlots);
    // Not 0, which means never.
    state.#cells[HEADER_CLOCK] = 1;
    state.#buckets.set(crypto.getRandomValues(new BigInt64Array(2)), layout.clients.seeds);
    return state;
  }

  /** A view of memory that another thread has created. */
  static attach(buffer: SharedArrayBuffer): SharedState {
    const workerSlots = new Int32Array(buffer)[HEADER_WORKER_SLOTS] as number;
    return new SharedState(buffer, layoutFor(workerSlots));
  }

  /** Call before the worker of a slot begins to count. Called by the main thread only. */
  useWorkerSlot(slot: number): void {
    this.#usedSlots.raise(slot + 1);
  }

  /** Increases whenever the eligibility or the weight of a backend changes. */
  get epoch(): number {
    return Atomics.load(this.#cells, HEADER_EPOCH);
  }

  /** Makes every worker rebuild its tables before the next pick. */
  advanceEpoch(): void {
    Atomics.add(this.#cells, HEADER_EPOCH, 1);
  }

  /**
   * The time on a clock that all threads share and that, unlike the system's, cannot be set:
   * milliseconds since Weir was started, in steps of {@linkcode CLOCK_TICK_MS}; more than 0. It
   * stands still while the main thread does.
   */
  get clockMs(): number {
    return (Atomics.load(this.#cells, HEADER_CLOCK) >>> 0) * CLOCK_TICK_MS;
  }

  /** Advances the clock. Called by the main thread only. */
  setClock(nowMs: number): void {
    Atomics.store(this.#cells, HEADER_CLOCK, Math.max(1, Math.floor(nowMs / CLOCK_TICK_MS)));
  }

  backendCell(row: number, cell: number): number {
    return Atomics.load(this.#cells, this.#backendCellAt(row, cell));
  }

  setBackendCell(row: number, cell: number, value: number): void {
    Atomics.store(this.#cells, this.#backendCellAt(row, cell), value);
  }

  /** Adds to a cell and returns the previous value. */
  addBackendCell(row: number, cell: number, amount: number): number {
    return Atomics.add(this.#cells, this.#backendCellAt(row, cell), amount);
  }

  /** Adds one to a cell unless it is `limit` or more, and returns whether it did. */
  raiseBackendCell(row: number, cell: number, limit: number): boolean {
    return raiseCell(this.#cells, this.#backendCellAt(row, cell), limit);
  }

  /** Replaces `expected` with `value`, and returns whether the cell held `expected`. */
  replaceBackendCell(row: number, cell: number, expected: number, value: number): boolean {
    const at = this.#backendCellAt(row, cell);
    return Atomics.compareExchange(this.#cells, at, expected, value) === expected;
  }

  listenerCell(row: number, cell: number): number {
    return Atomics.load(this.#cells, this.#listenerCellAt(row, cell));
  }

  setListenerCell(row: number, cell: number, value: number): void {
    Atomics.store(this.#cells, this.#listenerCellAt(row, cell), value);
  }

  /** Adds to a cell and returns the previous value. */
  addListenerCell(row: number, cell: number, amount: number): number {
    return Atomics.add(this.#cells, this.#listenerCellAt(row, cell), amount);
  }

  /** Adds one to a cell unless it is `limit` or more, and returns whether it did. */
  raiseListenerCell(row: number, cell: number, limit: number): boolean {
    return raiseCell(this.#cells, this.#listenerCellAt(row, cell), limit);
  }

  workerCell(slot: number, cell: number): number {
    return Atomics.load(this.#cells, this.#workerCellAt(slot, cell));
  }

  setWorkerCell(slot: number, cell: number, value: number): void {
    Atomics.store(this.#cells, this.#workerCellAt(slot, cell), value);
  }

  addWorkerCell(slot: number, cell: number, amount: number): number {
    return Atomics.add(this.#cells, this.#workerCellAt(slot, cell), amount);
  }

  /** Sets a cell, and wakes the threads that wait for it. */
  notifyWorkerCell(slot: number, cell: number, value: number): void {
    this.setWorkerCell(slot, cell, value);
    Atomics.notify(this.#cells, this.#workerCellAt(slot, cell));
  }

  /**
   * Blocks this thread while a cell has a value, up to a timeout. Returns whether it has another
   * one.
   */
  awaitWorkerCell(slot: number, cell: number, value: number, timeoutMs: number): boolean {
    const at = this.#workerCellAt(slot, cell);
    return Atomics.wait(this.#cells, at, value, timeoutMs) !== "timed-out";
  }

  backendReading(row: number, reading: number): number {
    return this.#floats[this.#backendReadingAt(row, reading)] as number;
  }

  setBackendReading(row: number, reading: number, value: number): void {
    this.#floats[this.#backendReadingAt(row, reading)] = value;
  }

  backendTally(slot: number, row: number, tally: number): number {
    return this.#floats[this.#backendTallyAt(slot, row, tally)] as number;
  }

  addBackendTally(slot: number, row: number, tally: number, amount: number): void {
    const at = this.#backendTallyAt(slot, row, tally);
    this.#floats[at] = (this.#floats[at] as number) + amount;
  }

  listenerTally(slot: number, row: number, tally: number): number {
    return this.#floats[this.#listenerTallyAt(slot, row, tally)] as number;
  }

  addListenerTally(slot: number, row: number, tally: number, amount: number): void {
    const at = this.#listenerTallyAt(slot, row, tally);
    this.#floats[at] = (this.#floats[at] as number) + amount;
  }

  /** Adds up a tally of a listener over all slots. */
  listenerTallySum(row: number, tally: number): number {
    let sum = 0;
    for (const slot of this.#usedSlots.all()) sum += this.listenerTally(slot, row, tally);
    return sum;
  }

  /**
   * Adds up the tallies and buckets of a backend over all slots, as many as `sums` has room for.
   */
  sumBackendTallies(row: number, sums: Float64Array): void {
    this.#sumColumns(this.#backendTallyAt(0, row, 0), sums);
  }

  /**
   * Adds up the tallies and buckets of a listener over all slots, as many as `sums` has room for.
   */
  sumListenerTallies(row: number, sums: Float64Array): void {
    this.#sumColumns(this.#listenerTallyAt(0, row, 0), sums);
  }

  /** Counts a value of a backend: in its bucket, and in the sum. */
  observeBackend(slot: number, row: number, histogram: HistogramDefinition, value: number): void {
    this.addBackendTally(slot, row, bucketColumn(histogram, value), 1);
    this.addBackendTally(slot, row, histogram.sum, value);
  }

  /** Counts a value of a listener: in its bucket, and in the sum. */
  observeListener(slot: number, row: number, histogram: HistogramDefinition, value: number): void {
    this.addListenerTally(slot, row, bucketColumn(histogram, value), 1);
    this.addListenerTally(slot, row, histogram.sum, value);
  }

  workerTally(slot: number, tally: number): number {
    return this.#floats[this.#workerTallyAt(slot, tally)] as number;
  }

  addWorkerTally(slot: number, tally: number, amount: number): void {
    const at = this.#workerTallyAt(slot, tally);
    this.#floats[at] = (this.#floats[at] as number) + amount;
  }

  /** One bit for each descriptor that a worker may have open. */
  descriptorBits(slot: number): Int32Array {
    const { descriptors, descriptorStride } = this.layout;
    const first = descriptors + slot * descriptorStride;
    return this.#cells.subarray(first, first + descriptorStride);
  }

  /** The table of clients, for the worker of a slot to write to. */
  clientTable(slot: number): ClientTable {
    return new ClientTable(this.buffer, this.layout.clients, slot);
  }

  /** Takes a token from a listener's bucket, unless it is empty. */
  takeListenerToken(row: number, rate: TokenRate, nowNs: bigint): boolean {
    return takeToken(this.#buckets, this.#listenerBucketAt(row), rate, nowNs);
  }

  /** Returns an unused token to a listener's bucket. */
  returnListenerToken(row: number, rate: TokenRate): void {
    returnToken(this.#buckets, this.#listenerBucketAt(row), rate);
  }

  /** Resets everything that is known about a backend, before its row is used again. */
  clearBackendRow(row: number): void {
    const { backendCellStride, backendReadingStride, backendTallyStride } = this.layout;
    this.#clearCells(this.#backendCellAt(row, 0), backendCellStride);
    const readings = this.#backendReadingAt(row, 0);
    this.#floats.fill(0, readings, readings + backendReadingStride);
    this.resetWindow.clear(row);
    this.#clearTallies(this.#backendTallyAt(0, row, 0), backendTallyStride);
  }

  /** Resets everything that is known about a listener, before its row is used again. */
  clearListenerRow(row: number): void {
    const { listenerCellStride, listenerTallyStride } = this.layout;
    this.#clearCells(this.#listenerCellAt(row, 0), listenerCellStride);
    Atomics.store(this.#buckets, this.#listenerBucketAt(row), 0n);
    this.#clearTallies(this.#listenerTallyAt(0, row, 0), listenerTallyStride);
  }

  /**
   * Subtracts the sessions of a dead worker from the shared counts. Its totals stay: they happened.
   * Called by the main thread once the worker can no longer write; where that is not certain, again
   * later on, which subtracts what was written in between.
   */
  releaseWorker(slot: number): void {
    for (let row = 0; row < BACKEND_ROWS; row++) {
      const active = this.backendTally(slot, row, BackendTally.active);
      if (active === 0) continue;
      this.addBackendCell(row, BackendCell.active, -active);
      this.addBackendTally(slot, row, BackendTally.active, -active);
    }
    for (let row = 0; row < LISTENER_ROWS; row++) {
      const active = this.listenerTally(slot, row, ListenerTally.active);
      this.addListenerCell(row, ListenerCell.active, -active);
      this.addListenerTally(slot, row, ListenerTally.active, -active);
      const sockets = this.listenerTally(slot, row, ListenerTally.sockets);
      this.addListenerTally(slot, row, ListenerTally.sockets, -sockets);
    }
    this.pools.release(slot);
    this.clientTable(slot).release(slot);
  }

  #clearCells(first: number, count: number): void {
    for (let cell = 0; cell < count; cell++) Atomics.store(this.#cells, first + cell, 0);
  }

  /** @param first of the first slot */
  #clearTallies(first: number, count: number): void {
    const { stripeStride } = this.layout;
    for (const slot of this.#usedSlots.all()) {
      const at = first + slot * stripeStride;
      this.#floats.fill(0, at, at + count);
    }
  }

  #sumColumns(first: number, sums: Float64Array): void {
    const floats = this.#floats;
    const { stripeStride } = this.layout;
    sums.fill(0);
    for (const slot of this.#usedSlots.all()) {
      const at = first + slot * stripeStride;
      for (let column = 0; column < sums.length; column++) {
        sums[column] = (sums[column] as number) + (floats[at + column] as number);
      }
    }
  }

  #backendCellAt(row: number, cell: number): number {
    return this.layout.backendCells + row * this.layout.backendCellStride + cell;
  }

  #listenerCellAt(row: number, cell: number): number {
    return this.layout.listenerCells + row * this.layout.listenerCellStride + cell;
  }

  #listenerBucketAt(row: number): number {
    return this.layout.listenerBuckets + row * this.layout.listenerBucketStride;
  }

  #workerCellAt(slot: number, cell: number): number {
    return this.layout.workerCells + slot * this.layout.workerCellStride + cell;
  }

  #backendReadingAt(row: number, reading: number): number {
    return this.layout.backendReadings + row * this.layout.backendReadingStride + reading;
  }

  #backendTallyAt(slot: number, row: number, tally: number): number {
    const { stripes, stripeStride, backendTallies, backendTallyStride } = this.layout;
    return stripes + slot * stripeStride + backendTallies + row * backendTallyStride + tally;
  }

  #listenerTallyAt(slot: number, row: number, tally: number): number {
    const { stripes, stripeStride, listenerTallies, listenerTallyStride } = this.layout;
    return stripes + slot * stripeStride + listenerTallies + row * listenerTallyStride + tally;
  }

  #workerTallyAt(slot: number, tally: number): number {
    const { stripes, stripeStride, workerTallies } = this.layout;
    return stripes + slot * stripeStride + workerTallies + tally;
  }
}
