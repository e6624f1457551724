import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { Random } from "../../../lib/base/random.ts";

function take(random: Random, count: number): number[] {
  return Array.from({ length: count }, random.next);
}

Deno.test("Random.fromSeed() gives the same numbers for the same seed", () => {
  assertEquals(take(Random.fromSeed(42), 50), take(Random.fromSeed(42), 50));
});

Deno.test("Random.fromSeed() gives the numbers that another implementation of sfc32 gives", () => {
  const words = (seed: number): number[] => take(Random.fromSeed(seed), 4).map((x) => x * 2 ** 32);
  assertEquals(words(42), [2686069954, 3236264550, 1186848219, 4079569716]);
  assertEquals(words(2 ** 40 + 1), [550925820, 1344760015, 3354981891, 3997419831]);
});

Deno.test("Random.fromSeed() tells seeds apart in their lower and their upper half", () => {
  const first = take(Random.fromSeed(1), 8);
  assertNotEquals(first, take(Random.fromSeed(2), 8));
  assertNotEquals(first, take(Random.fromSeed(1 + 2 ** 40), 8));
});

Deno.test("Random.fromEntropy() gives another sequence every time", () => {
  assertNotEquals(take(Random.fromEntropy(), 4), take(Random.fromEntropy(), 4));
});

Deno.test("Random.next() stays within [0, 1) and fills it evenly", () => {
  const { next } = Random.fromSeed(7);
  const bins = new Array<number>(16).fill(0);
  let sum = 0;
  for (let drawn = 0; drawn < 64_000; drawn += 1) {
    const value = next();
    assert(value >= 0 && value < 1);
    const bin = Math.floor(value * 16);
    bins[bin] = (bins[bin] ?? 0) + 1;
    sum += value;
  }
  assertAlmostEquals(sum / 64_000, 0.5, 0.005);
  for (const count of bins) assertAlmostEquals(count, 4_000, 300);
});

Deno.test("Random.next() keeps successive numbers independent", () => {
  const { next } = Random.fromSeed(3);
  const cells = new Array<number>(64).fill(0);
  for (let drawn = 0; drawn < 64_000; drawn += 1) {
    const cell = Math.floor(next() * 8) * 8 + Math.floor(next() * 8);
    cells[cell] = (cells[cell] ?? 0) + 1;
  }
  for (const count of cells) assertAlmostEquals(count, 1_000, 160);
});
