import { MOST_WORKERS } from "../config/key.ts";
import {
  BACKEND_CELLS,
  BACKEND_READINGS,
  LISTENER_CELLS,
  POOL_CELLS,
  POOL_TALLIES,
} from "./counters.ts";
import { WORKER_CELLS, WORKER_TALLIES } from "./worker_counters.ts";
import { BACKEND_TALLY_COLUMNS, LISTENER_TALLY_COLUMNS } from "./histograms.ts";

/**
 * Rows for backends: twice what one configuration may hold, because removed backends keep theirs
 * while they drain.
 */
export const BACKEND_ROWS = 16_384;
/** Rows for listeners: twice what one configuration may hold. */
export const LISTENER_ROWS = 2_048;
/** Rows for pools: twice what one configuration may hold. */
export const POOL_ROWS = 2_048;
/**
 * Slots for workers, and the main thread's: as many workers as each of two engines can have, and
 * half as many again that are finishing their sessions or were given up.
 */
export const WORKER_SLOTS = 3 * MOST_WORKERS + 1;
/**
 * The fewest slots beyond two engines' workers: one for the main thread, and those for workers that
 * replace a hung one.
 */
export const SPARE_WORKER_SLOTS = 8;

/** Places for clients that per-client limits count; a power of 2. */
export const CLIENT_PLACES = 65_536;

/** Descriptors of a worker that the main thread can track; higher numbers are not tracked. */
export const KNOWN_DESCRIPTORS = 1_048_576;

/** Places shared by clients that got none of their own; a power of 2. */
export const SHARED_CLIENT_PLACES = 4_096;

/** 64-bit integers in a place of the table of clients: half a cache line. */
export const CLIENT_STRIDE = 4;

/** Integers in a cache line: rows of cells start on one, so that threads do not share lines. */
const CELLS_PER_LINE = 16;

/** Offset in the header, in units of 4 bytes; see {@linkcode Layout.usedSlots}. */
const USED_SLOTS = 3;
/** Offsets in the header, in units of 8 bytes; see {@linkcode ClientRegion}. */
const CLIENT_SEEDS = 2;
const CLIENT_NOTICE = 4;

/** Where each region of the shared memory starts and how far its rows are apart. */
export interface Layout {
  readonly workerSlots: number;
  /**
   * In units of 4 bytes, from the start of the memory: how many of the first slots have ever had a
   * worker. Only they, and the last slot, which is the main thread's, hold anything.
   */
  readonly usedSlots: number;
  /** In units of 4 bytes, from the start of the memory. */
  readonly backendCells: number;
  readonly backendCellStride: number;
  readonly listenerCells: number;
  readonly listenerCellStride: number;
  readonly poolCells: number;
  readonly poolCellStride: number;
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
  readonly poolTallies: number;
  readonly poolTallyStride: number;
  readonly workerTallies: number;
  /** Three numbers for each pool; see `QueueMarks`. */
  readonly queueMarks: number;
  readonly queueMarkStride: number;
  /** In units of 8 bytes, from the start of the memory: one token bucket for each listener. */
  readonly listenerBuckets: number;
  readonly listenerBucketStride: number;
  readonly clients: ClientRegion;
  /** In units of 4 bytes, from the start of the memory: a bit for each descriptor of each worker. */
  readonly descriptors: number;
  readonly descriptorStride: number;
  /** In units of 4 bytes, from the start of the memory: see `ResetWindow`. */
  readonly resetWindows: number;
  readonly resetWindowStride: number;
  readonly byteLength: number;
}

/** Where the table of clients is. */
export interface ClientRegion {
  /** How many places it has for single clients; a power of 2. */
  readonly places: number;
  /** How many shared places follow; a power of 2. */
  readonly sharedPlaces: number;
  /** In units of 8 bytes, from the start of the memory: two secret numbers that places depend on. */
  readonly seeds: number;
  /** In units of 8 bytes, from the start of the memory: when a full table was last reported. */
  readonly notice: number;
  /** In units of 8 bytes, from the start of the memory. */
  readonly cells: number;
  /** In units of 4 bytes, from the start of the memory: one for each place, for each worker slot. */
  readonly shares: number;
}

/**
 * Lays out the shared memory for a number of worker slots. The memory is large and mostly never
 * touched: untouched pages cost no memory, and fixed offsets need no look-up.
 */
export function layoutFor(workerSlots: number): Layout {
  const backendCellStride = roundUp(size(BACKEND_CELLS), CELLS_PER_LINE);
  const listenerCellStride = roundUp(size(LISTENER_CELLS), CELLS_PER_LINE);
  const poolCellStride = roundUp(size(POOL_CELLS), CELLS_PER_LINE);
  const workerCellStride = roundUp(size(WORKER_CELLS), CELLS_PER_LINE);
  const backendCells = CELLS_PER_LINE; // the first line is the header
  const listenerCells = backendCells + BACKEND_ROWS * backendCellStride;
  const poolCells = listenerCells + LISTENER_ROWS * listenerCellStride;
  const workerCells = poolCells + POOL_ROWS * poolCellStride;
  const cellsEnd = workerCells + workerSlots * workerCellStride;

  const backendReadingStride = size(BACKEND_READINGS);
  const backendTallyStride = BACKEND_TALLY_COLUMNS;
  const listenerTallyStride = LISTENER_TALLY_COLUMNS;
  const poolTallyStride = size(POOL_TALLIES);
  const backendReadings = cellsEnd / 2;
  const stripes = backendReadings + BACKEND_ROWS * backendReadingStride;
  const backendTallies = 0;
  const listenerTallies = backendTallies + BACKEND_ROWS * backendTallyStride;
  const poolTallies = listenerTallies + LISTENER_ROWS * listenerTallyStride;
  const workerTallies = poolTallies + POOL_ROWS * poolTallyStride;
  const queueMarks = workerTallies + size(WORKER_TALLIES);
  const queueMarkStride = 3;
  const stripeEnd = queueMarks + POOL_ROWS * queueMarkStride;
  const stripeStride = roundUp(stripeEnd, CELLS_PER_LINE / 2);
  const listenerBuckets = roundUp(stripes + workerSlots * stripeStride, CELLS_PER_LINE / 2);
  const listenerBucketStride = CELLS_PER_LINE / 2;
  const clientPlaces = CLIENT_PLACES + SHARED_CLIENT_PLACES;
  const clientCells = listenerBuckets + LISTENER_ROWS * listenerBucketStride;
  const clientShares = clientCells + clientPlaces * CLIENT_STRIDE;
  const descriptors = clientShares + workerSlots * clientPlaces / 2;
  const descriptorStride = KNOWN_DESCRIPTORS / 32;
  const descriptorsEnd = descriptors + workerSlots * descriptorStride / 2;
  const resetWindows = roundUp(descriptorsEnd, CELLS_PER_LINE / 2);
  const resetWindowStride = CELLS_PER_LINE;
  const end = resetWindows + BACKEND_ROWS * resetWindowStride / 2;
  return {
    workerSlots,
    usedSlots: USED_SLOTS,
    backendCells,
    backendCellStride,
    listenerCells,
    listenerCellStride,
    poolCells,
    poolCellStride,
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
    poolTallies,
    poolTallyStride,
    workerTallies,
    queueMarks,
    queueMarkStride,
    listenerBuckets,
    listenerBucketStride,
    clients: {
      places: CLIENT_PLACES,
      sharedPlaces: SHARED_CLIENT_PLACES,
      seeds: CLIENT_SEEDS,
      notice: CLIENT_NOTICE,
      cells: clientCells,
      shares: clientShares * 2,
    },
    descriptors: descriptors * 2,
    descriptorStride,
    resetWindows: resetWindows * 2,
    resetWindowStride,
    byteLength: end * 8,
  };
}

function size(table: object): number {
  return Object.keys(table).length;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
