import { type IndexTable, indexTable } from "./_index_table.ts";
import { xxHash64 } from "./_xxhash64.ts";

/** Where an id begins in the table, and how far apart its further choices lie. */
export interface Permutation {
  readonly offset: number;
  /** 1 to the table's size less 1, so that with a prime size every slot is visited. */
  readonly skip: number;
}

/** One place of the table: the order in which it wants slots, and its weight. */
export interface MaglevEntry {
  readonly permutation: Permutation;
  /** An integer of 1 or more. */
  readonly weight: number;
}

/** The permutation that Envoy derives from an id, for a table of `size` slots. */
export function permutationOf(id: string, size: number): Permutation {
  const bytes = new TextEncoder().encode(id);
  return {
    offset: Number(xxHash64(bytes) % BigInt(size)),
    skip: Number(xxHash64(bytes, 1n) % BigInt(size - 1)) + 1,
  };
}

/**
 * Fills a Maglev table (Eisenbud and others, 2016, section 3.4) with the entries' places. The
 * entries take turns, and at its turn each one takes the first free slot of its permutation.
 * Weights as in Envoy: the heaviest takes part in every turn, the others in as many as their share
 * requires; each has one slot or more, as long as there are no more entries than slots.
 *
 * @param entries one or more; their order decides which comes first, so it must be the same
 * everywhere
 * @param size a prime, much larger than the number of entries: 100 times keeps shares within 1 %
 */
export function maglevTable(entries: readonly MaglevEntry[], size: number): IndexTable {
  const count = entries.length;
  const weights = Float64Array.from(entries, (entry) => entry.weight);
  const heaviest = weights.reduce((a, b) => Math.max(a, b), 1);
  const next = Uint32Array.from(entries, (entry) => entry.permutation.offset);
  const skips = Uint32Array.from(entries, (entry) => entry.permutation.skip);
  const goals = new Float64Array(count);
  const table = indexTable(size, count - 1);
  const taken = new Uint8Array(size);
  let filled = 0;
  for (let turn = 1; filled < size; turn += 1) {
    for (let place = 0; place < count && filled < size; place += 1) {
      if (turn * (weights[place] as number) < (goals[place] as number)) continue;
      goals[place] = (goals[place] as number) + heaviest;
      const skip = skips[place] as number;
      let slot = next[place] as number;
      while (taken[slot] === 1) slot = advance(slot, skip, size);
      taken[slot] = 1;
      table[slot] = place;
      next[place] = advance(slot, skip, size);
      filled += 1;
    }
  }
  return table;
}

function advance(slot: number, skip: number, size: number): number {
  const moved = slot + skip;
  return moved < size ? moved : moved - size;
}
