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
 * Every backend once in each cycle, in the order of the configuration; weights do not count. Exact
 * over all workers, because each pick takes one ticket of the shared cursor. The turn of a backend
 * that is not eligible goes to the next one that is.
 */
export class RoundRobin implements Algorithm {
  readonly #cursor: Cursor;
  readonly #cycle = new SmoothCycle();

  constructor(inputs: AlgorithmInputs) {
    this.#cursor = inputs.cursor;
  }

  rebuild(candidates: readonly Candidate[]): void {
    this.#cycle.rebuild(candidates, candidates.map(() => 1));
  }

  pick(_client: Client, eligible: Eligible): number {
    return this.#cycle.pick(this.#cursor, eligible);
  }
}
