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

/** The least that an average counts after any time, as a share of the fastest backend's. */
const LEAST_SHARE = 0.5;

/**
 * The backend with the least load, over all workers: the peak EWMA of the time to its first byte,
 * times the sessions that it would have with this one, divided by its weight. This is nginx's
 * `least_time` with the average of Finagle's PeakEwma. Ties take turns, as in `LeastConnections`.
 *
 * An average decays while nothing is measured, to half of what the fastest backend took, so that a
 * backend that was slow is tried again. Not further: one that hangs gives no samples, and would
 * seem faster the longer it hangs.
 *
 * A backend that has not sent a byte counts as fast as the fastest, or with its connect time if
 * that is longer: sessions alone bound what it gets until its first answer. Where none has sent
 * any, connect times are compared; where none was even connected, sessions alone.
 */
export class LeastTime implements Algorithm {
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
    const fastestMs = this.#fastestMs();
    let best = NO_BACKEND;
    let bestMs = 0;
    let bestSessions = 0;
    let bestWeight = 1;
    let equals = 0;
    for (let place = 0; place < members.length; place += 1) {
      const index = members[place] as number;
      if (!eligible.has(index)) continue;
      const timeMs = this.#timeMs(index, fastestMs);
      const sessions = this.#load.active(index) + 1;
      const weight = this.#weights[index] as number;
      // Without the rounding of a division; the products of integers are exact, so that backends of
      // the same time are tied whatever it is.
      const load = timeMs * (sessions * bestWeight);
      const bestLoad = bestMs * (bestSessions * weight);
      if (best === NO_BACKEND || load < bestLoad) {
        best = index;
        bestMs = timeMs;
        bestSessions = sessions;
        bestWeight = weight;
        equals = 1;
        tied.clear();
        tied.add(index);
      } else if (load === bestLoad) {
        equals += 1;
        tied.add(index);
      }
    }
    return equals > 1 ? this.#cycle.pick(this.#cursor, tied) : best;
  }

  /**
   * The shortest time to a first byte of any candidate, or the shortest connect time where no
   * candidate has sent one; 1 where nothing was measured.
   */
  #fastestMs(): number {
    const members = this.#members;
    let firstByteMs = Infinity;
    let connectMs = Infinity;
    for (let place = 0; place < members.length; place += 1) {
      const index = members[place] as number;
      const lastMs = this.#load.lastFirstByteTimeMs(index);
      if (lastMs > 0) {
        if (lastMs < firstByteMs) firstByteMs = lastMs;
      } else if (firstByteMs === Infinity) {
        const connectTimeMs = this.#load.connectTimeMs(index);
        if (connectTimeMs > 0 && connectTimeMs < connectMs) connectMs = connectTimeMs;
      }
    }
    if (firstByteMs < Infinity) return firstByteMs;
    return connectMs < Infinity ? connectMs : 1;
  }

  #timeMs(index: number, fastestMs: number): number {
    if (this.#load.lastFirstByteTimeMs(index) === 0) {
      return Math.max(this.#load.connectTimeMs(index), fastestMs);
    }
    return Math.max(this.#load.firstByteTimeMs(index), fastestMs * LEAST_SHARE);
  }
}
