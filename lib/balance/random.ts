import type { Algorithm, AlgorithmInputs, Candidate, Client, Eligible } from "./algorithm.ts";
import { WeightedDraw } from "./_weighted_draw.ts";

/** A backend drawn at random, with a probability proportional to its weight. */
export class RandomChoice implements Algorithm {
  readonly #draw: WeightedDraw;

  constructor(inputs: AlgorithmInputs) {
    this.#draw = new WeightedDraw(inputs.random);
  }

  rebuild(candidates: readonly Candidate[]): void {
    this.#draw.rebuild(candidates);
  }

  pick(_client: Client, eligible: Eligible): number {
    return this.#draw.draw(eligible);
  }
}
