import { mix32 } from "../base/address_hash.ts";
import {
  type Algorithm,
  type Candidate,
  type Client,
  type Eligible,
  NO_BACKEND,
} from "./algorithm.ts";
import {
  firstEligible,
  type IndexTable,
  indexTable,
  indicesOf,
  largestIndex,
} from "./_index_table.ts";
import { maglevTable, type Permutation, permutationOf } from "./_maglev_table.ts";

// Primes. Steps that are far apart: a pool that grows across one moves its clients.
const TABLE_SIZES = [65_537, 655_373, 1_048_583] as const;
/** With that many slots for each backend, shares of equal weights differ by 1 % at the most. */
const SLOTS_PER_BACKEND = 100;

// As many attempts as nginx makes before it gives up on the hash.
const MAX_REHASHES = 20;

export interface SourceHashOptions {
  /** Slots of the table, a prime; see {@linkcode tableSizeFor}. {@default 65537} */
  readonly tableSize?: number;
}

/**
 * The slots of the table of a pool: more than 100 for each of its backends, whether or not they are
 * up, so that a backend that goes down does not change the size.
 */
export function tableSizeFor(poolSize: number): number {
  const [small, medium, large] = TABLE_SIZES;
  if (poolSize * SLOTS_PER_BACKEND < small) return small;
  return poolSize * SLOTS_PER_BACKEND < medium ? medium : large;
}

/**
 * The same backend for the same client address, as long as the backend is eligible: a Maglev table
 * over the backends' ids (Eisenbud and others, 2016), so adding or removing a backend moves few
 * clients besides its own. Weights are shares of the table's slots. Neither the order of the
 * configuration nor the worker nor a restart changes which client goes where.
 *
 * A client whose backend is not eligible is hashed again, so that the clients of a full backend
 * spread over all the others; after 20 misses it gets the next eligible one in the order of ids.
 */
export class SourceHash implements Algorithm {
  readonly #tableSize: number;
  #permutations = new Map<string, Permutation>();
  /** Candidates that the table does not show yet. */
  #changed: readonly Candidate[] | undefined;
  #members: IndexTable = new Uint16Array(0);
  #table: IndexTable = new Uint16Array(0);

  /** @throws {RangeError} if the table's size is not a prime */
  constructor(options: SourceHashOptions = {}) {
    this.#tableSize = options.tableSize ?? TABLE_SIZES[0];
    if (!isPrime(this.#tableSize)) {
      throw new RangeError(
        `Cannot make a table of "${this.#tableSize}" slots: the number must be a prime`,
      );
    }
  }

  /** A table of thousands of backends takes tens of milliseconds: it is built when it is needed. */
  rebuild(candidates: readonly Candidate[]): void {
    this.#changed = candidates;
  }

  pick(client: Client, eligible: Eligible): number {
    if (this.#changed !== undefined) this.#build(this.#changed);
    const table = this.#table;
    if (table.length === 0) return NO_BACKEND;
    let hash = mix32(client.addressHash);
    for (let tries = 0; tries <= MAX_REHASHES; tries += 1) {
      const index = table[hash % table.length] as number;
      if (eligible.has(index)) return index;
      hash = mix32(hash + 0x9e3779b9);
    }
    return firstEligible(this.#members, hash, eligible);
  }

  #build(candidates: readonly Candidate[]): void {
    this.#changed = undefined;
    const sorted = candidates.toSorted(byId);
    const permutations = new Map<string, Permutation>();
    const entries = sorted.map(({ id, weight }) => {
      // Hashing ids is the most expensive part, and weights change more often than ids do.
      const permutation = this.#permutations.get(id) ?? permutationOf(id, this.#tableSize);
      permutations.set(id, permutation);
      return { permutation, weight };
    });
    const members = indicesOf(sorted);
    const table = indexTable(sorted.length === 0 ? 0 : this.#tableSize, largestIndex(sorted));
    if (table.length > 0) {
      maglevTable(entries, table.length).forEach((place, slot) => {
        table[slot] = members[place] as number;
      });
    }
    this.#permutations = permutations;
    this.#members = members;
    this.#table = table;
  }
}

function byId(a: Candidate, b: Candidate): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function isPrime(value: number): boolean {
  if (!Number.isInteger(value) || value < 2) return false;
  for (let divisor = 2; divisor * divisor <= value; divisor += 1) {
    if (value % divisor === 0) return false;
  }
  return true;
}
