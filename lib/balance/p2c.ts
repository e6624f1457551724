import {
  type Algorithm,
  type AlgorithmInputs,
  type Candidate,
  type Client,
  type Eligible,
  type LoadView,
  NO_BACKEND,
} from "./algorithm.ts";
import { weightsByIndex } from "./_index_table.ts";
import { WeightedDraw } from "./_weighted_draw.ts";

/**
 * Power of two choices (Mitzenmacher, 2001): draws two different eligible backends, heavier ones
 * more often, and takes the one with the lower load; the first drawn if they are equal. The load is
 * the peak EWMA of the connect time, times the sessions that it would have with this one, divided
 * by its weight. With one eligible backend it takes that one; with two it compares both.
 */
export class P2c implements Algorithm {
  readonly #load: LoadView;
  readonly #draw: WeightedDraw;
  #weights = new Uint32Array(0);

  constructor(inputs: AlgorithmInputs) {
    this.#load = inputs.load;
    this.#draw = new WeightedDraw(inputs.random);
  }

  rebuild(candidates: readonly Candidate[]): void {
    this.#draw.rebuild(candidates);
    this.#weights = weightsByIndex(candidates);
  }

  pick(_client: Client, eligible: Eligible): number {
    const first = this.#draw.draw(eligible);
    if (first === NO_BACKEND) return NO_BACKEND;
    const second = this.#draw.draw(eligible, first);
    if (second === NO_BACKEND) return first;
    return this.#isLower(second, first) ? second : first;
  }

  #isLower(index: number, than: number): boolean {
    const sessions = (this.#load.active(index) + 1) * (this.#weights[than] as number);
    const thanSessions = (this.#load.active(than) + 1) * (this.#weights[index] as number);
    const connectTimeMs = this.#load.connectTimeMs(index);
    const thanConnectTimeMs = this.#load.connectTimeMs(than);
    // A backend that has never answered has no connect time. Treating that as the fastest of all
    // would send it every session until its first connection times out, so sessions alone decide.
    if (connectTimeMs === 0 || thanConnectTimeMs === 0) return sessions < thanSessions;
    return connectTimeMs * sessions < thanConnectTimeMs * thanSessions;
  }
}
