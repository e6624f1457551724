import { assertAlmostEquals } from "@std/assert";
import fc from "fast-check";
import { ALGORITHMS } from "../../../lib/balance/registry.ts";
import { Random } from "../../../lib/base/random.ts";
import { AlgorithmRig, countOf, only, pickMany, weighted } from "./algorithm_rig.ts";

const make = ALGORITHMS.random;

Deno.test("RandomChoice.pick() follows the weights", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(weights, fc.nat(), (drawn, seed) => {
      const algorithm = new AlgorithmRig(Random.fromSeed(seed).next).make(make, weighted(drawn));
      const counts = countOf(pickMany(algorithm, 20_000), drawn.length);
      const sum = drawn.reduce((a, b) => a + b);
      // 0.02 is more than 5 standard deviations of a share.
      counts.forEach((count, index) =>
        assertAlmostEquals(count / 20_000, (drawn[index] ?? 0) / sum, 0.02)
      );
    }),
    { numRuns: 25 },
  );
});

Deno.test("RandomChoice.pick() keeps the weights among the backends that are not full", () => {
  const algorithm = new AlgorithmRig().make(make, weighted([4, 3, 2, 1]));
  const counts = countOf(pickMany(algorithm, 20_000, only(0, 2, 3)), 4);
  [4 / 7, 0, 2 / 7, 1 / 7].forEach((share, index) =>
    assertAlmostEquals((counts[index] ?? 0) / 20_000, share, 0.02)
  );
});
