import {
  type Algorithm,
  type AlgorithmInputs,
  type Candidate,
  type Client,
  type Cursor,
  type Eligible,
  type LoadView,
  NO_BACKEND,
} from "./algorithm.ts";
import { type IndexTable, indicesOf, largestIndex, weightsByIndex } from "./_index_table.ts";
import { SmoothCycle } from "./_smooth_cycle.ts";
import { TiedBackends } from "./_tied_backends.ts";

/**
 * The backend with the fewest active sessions for its weight, over all workers. Ties take turns in
 * the order of smooth weighted round robin, so that idle backends are not always picked in the
 * order of the configuration; the shared cursor moves only then.
 */
export class LeastConnections implements Algorithm {
  readonly #load: LoadView;
  readonly #cursor: Cursor;
  readonly #cycle = new SmoothCycle();
  readonly #tied = new TiedBackends();
  #members: IndexTable = new Uint16Array(0);
  #weights = new Uint32Array(0);

  constructor(inputs: AlgorithmInputs) {
    this.#load = inputs.load;
    this.#cursor = inputs.cursor;
  }

  rebuild(candidates: readonly Candidate[]): void {
    this.#cycle.rebuild(candidates, candidates.map((candidate) => candidate.weight));
    this.#tied.resize(largestIndex(candidates) + 1);
    this.#members = indicesOf(candidates);
    this.#weights = weightsByIndex(candidates);
  }

  pick(_client: Client, eligible: Eligible): number {
    const members = this.#members;
    const tied = this.#tied;
    let best = NO_BACKEND;
    let bestActive = 0;
    let bestWeight = 1;
    let equals = 0;
    for (let place = 0; place < members.length; place += 1) {
      const index = members[place] as number;
      if (!eligible.has(index)) continue;
      const active = this.#load.active(index);
      const weight = this.#weights[index] as number;
      // Compares active / weight with the best so far, without the rounding of a division.
      const difference = active * bestWeight - bestActive * weight;
      if (best === NO_BACKEND || difference < 0) {
        best = index;
        bestActive = active;
        bestWeight = weight;
        equals = 1;
        tied.clear();
        tied.add(index);
      } else if (difference === 0) {
        equals += 1;
        tied.add(index);
      }
    }
    return equals > 1 ? this.#cycle.pick(this.#cursor, tied) : best;
  }
}
