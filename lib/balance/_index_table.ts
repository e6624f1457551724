import { type Eligible, NO_BACKEND } from "./algorithm.ts";

/** Places in a list, two bytes each where that is enough. */
export type IndexTable = Uint16Array | Uint32Array;

/** Makes a table of `length` zeros that can hold numbers up to `largest`. */
export function indexTable(length: number, largest: number): IndexTable {
  return largest < 2 ** 16 ? new Uint16Array(length) : new Uint32Array(length);
}

/** Makes a table of the candidates' indices, in their order. */
export function indicesOf(candidates: readonly { readonly index: number }[]): IndexTable {
  const indices = indexTable(candidates.length, largestIndex(candidates));
  candidates.forEach((candidate, place) => indices[place] = candidate.index);
  return indices;
}

/** The highest of the candidates' indices, or 0 where there are none. */
export function largestIndex(candidates: readonly { readonly index: number }[]): number {
  let largest = 0;
  for (const { index } of candidates) largest = Math.max(largest, index);
  return largest;
}

/** Makes a table of the candidates' weights that is read by index. */
export function weightsByIndex(
  candidates: readonly { readonly index: number; readonly weight: number }[],
): Uint32Array<ArrayBuffer> {
  const weights = new Uint32Array(largestIndex(candidates) + 1);
  for (const { index, weight } of candidates) weights[index] = weight;
  return weights;
}

/**
 * The first eligible one of `indices` other than `except`, from place `start` (modulo their number)
 * on, wrapping around, or {@linkcode NO_BACKEND} where there is none.
 */
export function firstEligible(
  indices: IndexTable,
  start: number,
  eligible: Eligible,
  except = NO_BACKEND,
): number {
  const count = indices.length;
  let place = count === 0 ? 0 : start % count;
  for (let step = 0; step < count; step += 1) {
    const index = indices[place] as number;
    if (index !== except && eligible.has(index)) return index;
    place += 1;
    if (place === count) place = 0;
  }
  return NO_BACKEND;
}
