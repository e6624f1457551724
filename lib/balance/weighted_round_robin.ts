import type {
  Algorithm,
  AlgorithmInputs,
  Candidate,
  Client,
  Cursor,
  Eligible,
} from "./algorithm.ts";
import { SmoothCycle } from "./_smooth_cycle.ts";

/**
 * Every backend as often as its weight says, evenly spread, in the order of nginx's smooth weighted
 * round robin: weights 5, 1, 1 yield a a b a c a a. Exact over all workers, because the cycle is
 * laid out beforehand and each pick takes one ticket of the shared cursor. The turn of a backend
 * that is not eligible goes to the next one in the cycle that is.
 */
export class WeightedRoundRobin implements Algorithm {
  readonly #cursor: Cursor;
  readonly #cycle = new SmoothCycle();

  constructor(inputs: AlgorithmInputs) {
    this.#cursor = inputs.cursor;
  }

  rebuild(candidates: readonly Candidate[]): void {
    this.#cycle.rebuild(candidates, candidates.map((candidate) => candidate.weight));
  }

  pick(_client: Client, eligible: Eligible): number {
    return this.#cycle.pick(this.#cursor, eligible);
  }
}
