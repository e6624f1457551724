import { type Candidate, type Eligible, NO_BACKEND } from "./algorithm.ts";
import { firstEligible, type IndexTable, indexTable, indicesOf } from "./_index_table.ts";

// With half the weight eligible, all these draws miss once in 256 times.
const MAX_DRAWS = 8;

/**
 * Draws backends at random, each as often as its weight says, in constant time: the alias method
 * (Walker, in the form of Vose, 1991). Every place holds its own candidate up to a threshold and one
 * other candidate, its alias, above it.
 */
export class WeightedDraw {
  readonly #random: () => number;
  #members: IndexTable = new Uint16Array(0);
  #aliases: IndexTable = new Uint16Array(0);
  #thresholds = new Float64Array(0);

  /** @param random returns uniform numbers in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
  }

  rebuild(candidates: readonly Candidate[]): void {
    const count = candidates.length;
    const aliases = indexTable(count, count);
    const thresholds = new Float64Array(count).fill(1);
    let sum = 0;
    for (const { weight } of candidates) sum += weight;
    const shares = Float64Array.from(candidates, ({ weight }) => weight * count / sum);
    const small: number[] = [];
    const large: number[] = [];
    shares.forEach((share, place) => (share < 1 ? small : large).push(place));
    while (large.length > 0) {
      const lesser = small.pop();
      if (lesser === undefined) break;
      const greater = large.pop() as number;
      thresholds[lesser] = shares[lesser] as number;
      aliases[lesser] = greater;
      const rest = (shares[greater] as number) + (shares[lesser] as number) - 1;
      shares[greater] = rest;
      (rest < 1 ? small : large).push(greater);
    }
    // What is left over differs from 1 by rounding only, and keeps the threshold of 1.
    this.#members = indicesOf(candidates);
    this.#aliases = aliases;
    this.#thresholds = thresholds;
  }

  /**
   * An eligible backend other than `except`, or {@linkcode NO_BACKEND} where there is none. Draws a
   * few times; if all draws miss, takes the first eligible one from a uniformly random start.
   */
  draw(eligible: Eligible, except = NO_BACKEND): number {
    const members = this.#members;
    const count = members.length;
    for (let drawn = 0; drawn < MAX_DRAWS && count > 1; drawn += 1) {
      const point = this.#random() * count;
      const place = Math.floor(point);
      const isOwn = point - place < (this.#thresholds[place] as number);
      const index = members[isOwn ? place : this.#aliases[place] as number] as number;
      if (index !== except && eligible.has(index)) return index;
    }
    return firstEligible(members, Math.floor(this.#random() * count), eligible, except);
  }
}
