import type {
  Algorithm,
  AlgorithmFactory,
  AlgorithmInputs,
  Candidate,
  Client,
  Eligible,
} from "../../../lib/balance/algorithm.ts";
import { Random } from "../../../lib/base/random.ts";

/** Everyone is eligible. */
export const EVERYONE: Eligible = { has: () => true };

/** Only these are eligible. */
export function only(...indices: readonly number[]): Eligible {
  return { has: (index) => indices.includes(index) };
}

/** A client whose address hash is this number. */
export function client(addressHash = 0): Client {
  return { addressHash: addressHash >>> 0 };
}

/** Candidates with these weights; their indices are `firstIndex`, `firstIndex + 1` and so on. */
export function weighted(weights: readonly number[], firstIndex = 0): Candidate[] {
  return weights.map((weight, place) => {
    const index = firstIndex + place;
    return { index, id: `10.0.${index >> 8}.${index & 255}:8080`, weight };
  });
}

/** What a pool passes to an algorithm: loads that a test sets, a cursor, seeded random numbers. */
export class AlgorithmRig {
  readonly active: number[] = [];
  readonly connectTimeMs: number[] = [];
  readonly firstByteTimeMs: number[] = [];
  /** Without the decay; as `firstByteTimeMs` where absent. */
  readonly lastFirstByteTimeMs: number[] = [];
  /** The next ticket; its advance is the number of tickets taken. */
  tickets = 0;
  readonly inputs: AlgorithmInputs;

  constructor(random: () => number = Random.fromSeed(1).next) {
    this.inputs = {
      poolSize: 4,
      load: {
        active: (index) => this.active[index] ?? 0,
        connectTimeMs: (index) => this.connectTimeMs[index] ?? 0,
        firstByteTimeMs: (index) => this.firstByteTimeMs[index] ?? 0,
        lastFirstByteTimeMs: (index) =>
          this.lastFirstByteTimeMs[index] ?? this.firstByteTimeMs[index] ?? 0,
      },
      cursor: {
        next: () => {
          const ticket = this.tickets;
          this.tickets = (ticket + 1) >>> 0;
          return ticket;
        },
      },
      random,
    };
  }

  make(factory: AlgorithmFactory, candidates: readonly Candidate[]): Algorithm {
    const algorithm = factory(this.inputs);
    algorithm.rebuild(candidates);
    return algorithm;
  }
}

/** Picks this many times, each time for another client. */
export function pickMany(
  algorithm: Algorithm,
  count: number,
  eligible: Eligible = EVERYONE,
): number[] {
  const clients = Random.fromSeed(99);
  return Array.from(
    { length: count },
    () => algorithm.pick(client(clients.next() * 2 ** 32), eligible),
  );
}

/** How often each index from 0 to `length - 1` was picked. */
export function countOf(picks: readonly number[], length: number): number[] {
  const counts = new Array<number>(length).fill(0);
  for (const index of picks) counts[index] = (counts[index] ?? 0) + 1;
  return counts;
}

/** Picks as letters: 0 is a. */
export function lettersOf(picks: readonly number[]): string {
  return picks.map((index) => String.fromCharCode(97 + index)).join(" ");
}
