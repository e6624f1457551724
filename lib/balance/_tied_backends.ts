import type { Eligible } from "./algorithm.ts";

/**
 * The backends that share the lowest load in this pick. The counters move while they are read, so
 * the walk along the cycle uses what was noted here and does not read them again.
 */
export class TiedBackends implements Eligible {
  #round = 0;
  // A float counts far enough that no round number repeats, which makes clearing free.
  #roundOf = new Float64Array(0);

  resize(length: number): void {
    this.#roundOf = new Float64Array(length);
    this.#round = 0;
  }

  clear(): void {
    this.#round += 1;
  }

  add(index: number): void {
    this.#roundOf[index] = this.#round;
  }

  has(index: number): boolean {
    return this.#roundOf[index] === this.#round;
  }
}
