import { assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { ALGORITHMS } from "../../../lib/balance/registry.ts";
import { Random } from "../../../lib/base/random.ts";
import {
  AlgorithmRig,
  client,
  countOf,
  EVERYONE,
  only,
  pickMany,
  weighted,
} from "./algorithm_rig.ts";

const make = ALGORITHMS.p2c;

Deno.test("P2c.pick() compares both of two backends every time", () => {
  const rig = new AlgorithmRig();
  // So light that random draws would hardly ever pick it.
  const algorithm = rig.make(make, weighted([256, 1]));
  rig.connectTimeMs.push(10, 10);
  rig.active.push(300, 0);
  assertEquals(countOf(pickMany(algorithm, 200), 2), [0, 200]);
});

Deno.test("P2c.pick() weighs connect time, sessions and weight together", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([1, 2]));
  const cases: [number, number, number, number, number][] = [
    // connect time and sessions of the first, then of the second; who wins
    [10, 0, 10, 0, 1],
    [10, 0, 10, 2, 0],
    [10, 0, 30, 0, 0],
    [10, 3, 30, 1, 1],
    [0.5, 5, 3, 0, 1],
  ];
  for (const [firstMs, first, secondMs, second, winner] of cases) {
    rig.connectTimeMs.splice(0, 2, firstMs, secondMs);
    rig.active.splice(0, 2, first, second);
    assertEquals(new Set(pickMany(algorithm, 50)), new Set([winner]));
  }
});

Deno.test("P2c.pick() uses sessions alone while nothing was measured", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([1, 1]));
  rig.active.push(3, 2);
  assertEquals(new Set(pickMany(algorithm, 50)), new Set([1]));
});

Deno.test("P2c.pick() does not flood a backend that has never answered", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([1, 1]));
  rig.connectTimeMs.push(5, 0);
  for (let session = 0; session < 100; session += 1) {
    const index = algorithm.pick(client(), EVERYONE);
    rig.active[index] = (rig.active[index] ?? 0) + 1;
  }
  assertAlmostEquals(rig.active[1] ?? 0, 50, 1);
});

Deno.test("P2c.pick() gives a tie to the first that was drawn, so both get sessions", () => {
  const algorithm = new AlgorithmRig().make(make, weighted([1, 1]));
  for (const count of countOf(pickMany(algorithm, 2_000), 2)) {
    assertAlmostEquals(count, 1_000, 120);
  }
});

Deno.test("P2c.pick() never picks the most loaded of several", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([1, 1, 1, 1]));
  rig.connectTimeMs.push(1, 1, 1, 1);
  rig.active.push(1, 9, 2, 3);
  const counts = countOf(pickMany(algorithm, 2_000), 4);
  assertEquals(counts[1], 0);
  // The least loaded wins whenever it is drawn: in half of all pairs.
  assertAlmostEquals(counts[0] ?? 0, 1_000, 120);
});

Deno.test("P2c.pick() compares the two that are left when the others are full", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([100, 100, 1, 1]));
  rig.connectTimeMs.push(1, 1, 1, 1);
  rig.active.push(0, 0, 5, 1);
  assertEquals(new Set(pickMany(algorithm, 200, only(2, 3))), new Set([3]));
});

Deno.test("P2c.pick() keeps lasting sessions near the weights", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(weights, fc.nat(), (drawn, seed) => {
      const rig = new AlgorithmRig(Random.fromSeed(seed).next);
      const algorithm = rig.make(make, weighted(drawn));
      rig.connectTimeMs.push(...drawn.map(() => 2));
      const sum = drawn.reduce((a, b) => a + b);
      const sessions = 100 * sum;
      for (let session = 0; session < sessions; session += 1) {
        const index = algorithm.pick(client(), EVERYONE);
        rig.active[index] = (rig.active[index] ?? 0) + 1;
      }
      drawn.forEach((weight, index) =>
        assertAlmostEquals((rig.active[index] ?? 0) / weight, 100, 15)
      );
    }),
    { numRuns: 30 },
  );
});

Deno.test("P2c.pick() sends fewer sessions to a backend that connects slowly", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([1, 1, 1]));
  rig.connectTimeMs.push(1, 1, 50);
  const counts = countOf(pickMany(algorithm, 900), 3);
  assertEquals(counts[2], 0);
  assertGreater(counts[0] ?? 0, 300);
});
