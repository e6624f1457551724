import { mix32 } from "../base/address_hash.ts";
import type { Layout } from "./layout.ts";

/**
 * Sessions and resets are counted in time slices; the last two count, including the current one.
 */
export const SLICE_MS = 5_000;
/** For how long the clients of resets are remembered. */
export const CLIENT_MEMORY_MS = 10_000;
/** How many of them at most: the most recent ones. */
export const CLIENTS_REMEMBERED = 3;

/** The lower bits hold a count, the bits above it the number of its slice, as far as it fits. */
const COUNT_BITS = 20;
const MOST_COUNT = (1 << COUNT_BITS) - 1;
const SLICE_MASK = (1 << (32 - COUNT_BITS)) - 1;

/** A client is remembered as 16 bits of its hash, above the time in these units. */
const TIME_UNIT_MS = 100;
const HALF_BITS = 16;
const HALF_MASK = 0xffff;

/** A backend's cells: counts for even and for odd slices, then clients. */
const SESSIONS = 0;
const RESETS = 2;
const CLIENTS = 4;
const CELLS = CLIENTS + CLIENTS_REMEMBERED;

/**
 * What all workers have recently seen of the sessions with a backend and of those that it reset
 * before it sent a byte, in a few cells of shared memory per backend.
 *
 * No locks and no allocation. Each cell contains the time it is about, so nothing has to be cleared
 * as time goes on, and concurrent writers can at worst lose a client. A slice's number wraps around
 * after 5.7 hours and a client's time after 1.8: what was last written exactly that long ago is
 * then taken for recent.
 */
export class ResetWindow {
  readonly #cells: Int32Array;
  readonly #first: number;
  readonly #stride: number;

  constructor(buffer: SharedArrayBuffer, layout: Layout) {
    this.#cells = new Int32Array(buffer);
    this.#first = layout.resetWindows;
    this.#stride = layout.resetWindowStride;
  }

  /** Counts a session that was connected. */
  countSession(row: number, nowMs: number): void {
    this.#count(row, SESSIONS, nowMs);
  }

  /** Counts a reset, and remembers its client. */
  countReset(row: number, client: bigint, nowMs: number): void {
    this.#count(row, RESETS, nowMs);
    this.#remember(row, client, nowMs);
  }

  /** Sessions connected in the last 5 to 10 seconds. */
  sessions(row: number, nowMs: number): number {
    return this.#sum(row, SESSIONS, nowMs);
  }

  /** Resets in the last 5 to 10 seconds. */
  resets(row: number, nowMs: number): number {
    return this.#sum(row, RESETS, nowMs);
  }

  /** How many different clients, of the last three, had sessions reset in the last 10 seconds. */
  clients(row: number, nowMs: number): number {
    let count = 0;
    for (let place = CLIENTS; place < CELLS; place++) {
      const cell = this.#load(row, place);
      if (!isRecent(cell, nowMs)) continue;
      let isNew = true;
      for (let other = CLIENTS; other < place; other++) {
        const before = this.#load(row, other);
        if (hashIn(before) === hashIn(cell) && isRecent(before, nowMs)) isNew = false;
      }
      if (isNew) count++;
    }
    return count;
  }

  /** Forgets everything about a backend, before its row is used again. */
  clear(row: number): void {
    for (let place = 0; place < CELLS; place++) {
      Atomics.store(this.#cells, this.#at(row, place), 0);
    }
  }

  #count(row: number, places: number, nowMs: number): void {
    const slice = sliceAt(nowMs);
    const at = this.#at(row, places + (slice & 1));
    for (;;) {
      const before = Atomics.load(this.#cells, at);
      const isOfSlice = sliceIn(before) === (slice & SLICE_MASK);
      if (isOfSlice && (before & MOST_COUNT) === MOST_COUNT) return;
      const after = isOfSlice ? before + 1 : slice << COUNT_BITS | 1;
      if (Atomics.compareExchange(this.#cells, at, before, after) === before) return;
    }
  }

  #sum(row: number, places: number, nowMs: number): number {
    const slice = sliceAt(nowMs);
    return this.#countOf(row, places, slice) + this.#countOf(row, places, slice - 1);
  }

  #countOf(row: number, places: number, slice: number): number {
    const cell = this.#load(row, places + (slice & 1));
    return sliceIn(cell) === (slice & SLICE_MASK) ? cell & MOST_COUNT : 0;
  }

  /** Replaces the client's own entry, or the oldest one. */
  #remember(row: number, client: bigint, nowMs: number): void {
    const hash = hashOf(client);
    let place = CLIENTS;
    let oldest = -1;
    for (let candidate = CLIENTS; candidate < CELLS; candidate++) {
      const cell = this.#load(row, candidate);
      if (hashIn(cell) === hash) {
        place = candidate;
        break;
      }
      const age = hashIn(cell) === NOBODY ? Infinity : ageOf(cell, nowMs);
      if (age <= oldest) continue;
      oldest = age;
      place = candidate;
    }
    Atomics.store(this.#cells, this.#at(row, place), hash << HALF_BITS | timeAt(nowMs));
  }

  #load(row: number, place: number): number {
    return Atomics.load(this.#cells, this.#at(row, place));
  }

  #at(row: number, place: number): number {
    return this.#first + row * this.#stride + place;
  }
}

/** The hash in a cell that has never been written. */
const NOBODY = 0;

function hashOf(client: bigint): number {
  let hash = 0;
  for (let rest = client; rest > 0n; rest >>= 32n) {
    hash = mix32(hash ^ Number(BigInt.asUintN(32, rest)) ^ 0x9e3779b9);
  }
  return (hash >>> HALF_BITS) || 1;
}

function sliceAt(nowMs: number): number {
  return Math.floor(nowMs / SLICE_MS);
}

function sliceIn(cell: number): number {
  return cell >>> COUNT_BITS;
}

function timeAt(nowMs: number): number {
  return Math.floor(nowMs / TIME_UNIT_MS) & HALF_MASK;
}

function hashIn(cell: number): number {
  return cell >>> HALF_BITS;
}

/** In units of time. */
function ageOf(cell: number, nowMs: number): number {
  return (timeAt(nowMs) - (cell & HALF_MASK)) & HALF_MASK;
}

function isRecent(cell: number, nowMs: number): boolean {
  return hashIn(cell) !== NOBODY && ageOf(cell, nowMs) * TIME_UNIT_MS <= CLIENT_MEMORY_MS;
}
