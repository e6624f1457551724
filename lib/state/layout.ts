import {
  BACKEND_CELLS,
  BACKEND_READINGS,
  BACKEND_TALLIES,
  LISTENER_CELLS,
  LISTENER_TALLIES,
  WORKER_CELLS,
  WORKER_TALLIES,
} from "./counters.ts";

/** Rows for backends: twice what one configuration may hold, as removed backends drain. */
export const BACKEND_ROWS = 16_384;
/** Rows for listeners: twice what one configuration may hold. */
export const LISTENER_ROWS = 2_048;
/** Slots beyond the configured workers, for those that replace a worker that hangs. */
export const SPARE_WORKER_SLOTS = 8;

/** Integers in a cache line: rows of cells start on one, so that threads do not share lines. */
const CELLS_PER_LINE = 16;

/** Where each region of the shared memory starts and how far its rows are apart. */
export interface Layout {
  readonly workerSlots: number;
  /** In units of 4 bytes, from the start of the memory. */
  readonly backendCells: number;
  readonly backendCellStride: number;
  readonly listenerCells: number;
  readonly listenerCellStride: number;
  readonly workerCells: number;
  readonly workerCellStride: number;
  /** In units of 8 bytes, from the start of the memory. */
  readonly backendReadings: number;
  readonly backendReadingStride: number;
  readonly stripes: number;
  readonly stripeStride: number;
  /** In units of 8 bytes, from the start of a stripe. */
  readonly backendTallies: number;
  readonly backendTallyStride: number;
  readonly listenerTallies: number;
  readonly listenerTallyStride: number;
  readonly workerTallies: number;
  readonly byteLength: number;
}

/**
 * Lays the shared memory out for a number of worker slots. The memory is large and mostly never
 * touched: untouched pages cost no memory, and fixed places cost no look-up.
 */
export function layoutFor(workerSlots: number): Layout {
  const backendCellStride = roundUp(size(BACKEND_CELLS), CELLS_PER_LINE);
  const listenerCellStride = roundUp(size(LISTENER_CELLS), CELLS_PER_LINE);
  const workerCellStride = roundUp(size(WORKER_CELLS), CELLS_PER_LINE);
  const backendCells = CELLS_PER_LINE; // the first line is the header
  const listenerCells = backendCells + BACKEND_ROWS * backendCellStride;
  const workerCells = listenerCells + LISTENER_ROWS * listenerCellStride;
  const cellsEnd = workerCells + workerSlots * workerCellStride;

  const backendReadingStride = size(BACKEND_READINGS);
  const backendTallyStride = size(BACKEND_TALLIES);
  const listenerTallyStride = size(LISTENER_TALLIES);
  const backendReadings = cellsEnd / 2;
  const stripes = backendReadings + BACKEND_ROWS * backendReadingStride;
  const backendTallies = 0;
  const listenerTallies = backendTallies + BACKEND_ROWS * backendTallyStride;
  const workerTallies = listenerTallies + LISTENER_ROWS * listenerTallyStride;
  const stripeStride = roundUp(workerTallies + size(WORKER_TALLIES), CELLS_PER_LINE / 2);
  return {
    workerSlots,
    backendCells,
    backendCellStride,
    listenerCells,
    listenerCellStride,
    workerCells,
    workerCellStride,
    backendReadings,
    backendReadingStride,
    stripes,
    stripeStride,
    backendTallies,
    backendTallyStride,
    listenerTallies,
    listenerTallyStride,
    workerTallies,
    byteLength: (stripes + workerSlots * stripeStride) * 8,
  };
}

function size(table: object): number {
  return Object.keys(table).length;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
