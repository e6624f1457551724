import { assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { ALGORITHMS } from "../../../lib/balance/registry.ts";
import { SourceHash, tableSizeFor } from "../../../lib/balance/source_hash.ts";
import { MOST_BACKENDS } from "../../../lib/config/key.ts";
import { hashAddressText } from "../../../lib/base/address_hash.ts";
import {
  AlgorithmRig,
  client,
  countOf,
  EVERYONE,
  only,
  pickMany,
  weighted,
} from "./algorithm_rig.ts";

const make = ALGORITHMS.source_hash;
const CLIENTS = Array.from(
  { length: 20_000 },
  (_, host) => client(hashAddressText(`10.${host >> 16}.${(host >> 8) & 255}.${host & 255}`)),
);

Deno.test("SourceHash.pick() gives a client the same backend every time", () => {
  const algorithm = new AlgorithmRig().make(make, weighted([1, 2, 3]));
  for (const each of CLIENTS.slice(0, 100)) {
    const first = algorithm.pick(each, EVERYONE);
    assertEquals(algorithm.pick(each, EVERYONE), first);
  }
});

Deno.test("SourceHash.pick() depends neither on the order of the backends nor on the past", () => {
  const candidates = weighted(Array.from({ length: 40 }, (_, place) => 1 + place % 3));
  // In a small table many slots are wanted by several, which is where an order would show.
  const [straight, reversed, rebuilt] = [candidates, candidates.toReversed(), candidates.slice(2)]
    .map((backends) => {
      const algorithm = new SourceHash({ tableSize: 101 });
      algorithm.rebuild(backends);
      return algorithm;
    }) as [SourceHash, SourceHash, SourceHash];
  rebuilt.rebuild(candidates);
  const expected = pickMany(straight, 1_000);
  assertEquals(pickMany(reversed, 1_000), expected);
  assertEquals(pickMany(rebuilt, 1_000), expected);
});

Deno.test("SourceHash.pick() hashes ids, so indices may shift", () => {
  const candidates = weighted([1, 1, 1]);
  const shifted = candidates.map((candidate) => ({ ...candidate, index: candidate.index + 10 }));
  const before = pickMany(new AlgorithmRig().make(make, candidates), 500);
  const after = pickMany(new AlgorithmRig().make(make, shifted), 500);
  assertEquals(after, before.map((index) => index + 10));
});

Deno.test("SourceHash.pick() spreads neighbouring clients by the weights", () => {
  const algorithm = new AlgorithmRig().make(make, weighted([1, 2, 3, 4]));
  const counts = countOf(CLIENTS.map((each) => algorithm.pick(each, EVERYONE)), 4);
  counts.forEach((count, index) =>
    assertAlmostEquals(count / CLIENTS.length, (index + 1) / 10, 0.02)
  );
});

Deno.test("SourceHash.pick() leaves nearly all clients where they are when a backend goes", () => {
  const candidates = weighted([1, 1, 1, 1, 1]);
  const algorithm = new AlgorithmRig().make(make, candidates);
  const before = CLIENTS.map((each) => algorithm.pick(each, EVERYONE));
  algorithm.rebuild(candidates.filter(({ index }) => index !== 2));
  let moved = 0;
  CLIENTS.forEach((each, place) => {
    if (before[place] !== 2 && algorithm.pick(each, EVERYONE) !== before[place]) moved += 1;
  });
  assertLess(moved / CLIENTS.length, 0.02);
});

Deno.test("SourceHash.pick() spreads the clients of a full backend over all the others", () => {
  const algorithm = new AlgorithmRig().make(make, weighted([1, 1, 1, 1]));
  const others = only(0, 1, 3);
  const moved: number[] = [];
  for (const each of CLIENTS) {
    const usual = algorithm.pick(each, EVERYONE);
    const now = algorithm.pick(each, others);
    if (usual === 2) moved.push(now);
    else assertEquals(now, usual);
  }
  const counts = countOf(moved, 4);
  assertEquals(counts[2], 0);
  for (const index of [0, 1, 3]) {
    assertAlmostEquals((counts[index] ?? 0) / moved.length, 1 / 3, 0.04);
  }
});

Deno.test("SourceHash.pick() finds an eligible backend that has no slot in the table", () => {
  const algorithm = new SourceHash({ tableSize: 3 });
  algorithm.rebuild(weighted([1, 1, 1, 1, 1]));
  for (const index of [0, 1, 2, 3, 4]) assertEquals(algorithm.pick(client(5), only(index)), index);
});

Deno.test("tableSizeFor() returns more than 100 slots for each backend, up to 8,192", () => {
  for (const poolSize of [1, 655, 656, 5_000, 6_553, 6_554, MOST_BACKENDS]) {
    assertLess(100 * poolSize, tableSizeFor(poolSize));
  }
  assertEquals([1, 655, 656, 6_553].map(tableSizeFor), [65_537, 65_537, 655_373, 655_373]);
});

for (const count of [655, 5_000, MOST_BACKENDS]) {
  Deno.test(`SourceHash.pick() loads no one of ${count} backends 2 % more than the mean`, () => {
    const tableSize = tableSizeFor(count);
    const algorithm = new SourceHash({ tableSize });
    algorithm.rebuild(weighted(new Array<number>(count).fill(100)));
    // One client for each slot: what remains is the imbalance of the table alone.
    const counts = new Uint32Array(count);
    for (let slot = 0; slot < tableSize; slot += 1) {
      const index = algorithm.pick(client(unmix32(slot)), EVERYONE);
      counts[index] = (counts[index] as number) + 1;
    }
    const mean = tableSize / count;
    assertLess(Math.max(...counts) / mean, 1.02);
    assertLess(0.98, Math.min(...counts) / mean);
  });
}

/** The number that `mix32` turns into `mixed`: its steps undone, last to first. */
function unmix32(mixed: number): number {
  let value = mixed ^ (mixed >>> 16);
  value = Math.imul(value, 0x7ed1b41d);
  value ^= (value >>> 13) ^ (value >>> 26);
  value = Math.imul(value, 0xa5cb9243);
  return (value ^ (value >>> 16)) >>> 0;
}

Deno.test("SourceHash() refuses a table whose size is not a prime", () => {
  for (const tableSize of [0, 1, 65_536, 2.5]) {
    assertThrows(
      () => new SourceHash({ tableSize }),
      RangeError,
      `Cannot make a table of "${tableSize}" slots: the number must be a prime`,
    );
  }
});
