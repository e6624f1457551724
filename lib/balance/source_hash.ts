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

// A prime more than 65 times the 1,000 backends of a large listener.
const TABLE_SIZE = 65_537;

// As many attempts as nginx makes before it gives up on the hash.
const MAX_REHASHES = 20;

/** What tests may change. */
export interface SourceHashOptions {
  /** Slots of the table, a prime; {@default 65537}. */
  readonly tableSize?: number;
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
  #members: IndexTable = new Uint16Array(0);
  #table: IndexTable = new Uint16Array(0);

  /** @throws {RangeError} if the table's size is not a prime */
  constructor(options: SourceHashOptions = {}) {
    this.#tableSize = options.tableSize ?? TABLE_SIZE;
    if (!isPrime(this.#tableSize)) {
      throw new RangeError(
        `Cannot make a table of "${this.#tableSize}" slots: the number must be a prime`,
      );
    }
  }

  rebuild(candidates: readonly Candidate[]): void {
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

  pick(client: Client, eligible: Eligible): number {
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
