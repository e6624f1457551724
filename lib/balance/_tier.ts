import type { Algorithm, Candidate } from "./algorithm.ts";

/** The primaries of a pool, or its backups: the algorithm that chooses among them. */
export class Tier {
  readonly algorithm: Algorithm;
  #candidates: readonly Candidate[] = [];

  /** @param algorithm one without candidates yet */
  constructor(algorithm: Algorithm) {
    this.algorithm = algorithm;
  }

  /**
   * Replaces the candidates. Where they are the same as before, nothing is rebuilt: tables can take
   * milliseconds, and most changes concern the backends of other pools.
   */
  rebuild(candidates: readonly Candidate[]): void {
    if (areSame(candidates, this.#candidates)) return;
    this.#candidates = candidates;
    this.algorithm.rebuild(candidates);
  }
}

function areSame(some: readonly Candidate[], others: readonly Candidate[]): boolean {
  return some.length === others.length && some.every(({ index, id, weight }, place) => {
    const other = others[place];
    return index === other?.index && weight === other.weight && id === other.id;
  });
}
