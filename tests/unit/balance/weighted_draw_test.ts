import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { NO_BACKEND } from "../../../lib/balance/algorithm.ts";
import { WeightedDraw } from "../../../lib/balance/_weighted_draw.ts";
import { EVERYONE, only, weighted } from "./algorithm_rig.ts";

Deno.test("WeightedDraw.draw() gives every backend its share of the numbers from 0 to 1", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 2, maxLength: 10 });
  fc.assert(fc.property(weights, (drawn) => {
    const steps = 5_000;
    let step = 0;
    const draw = new WeightedDraw(() => (step + 0.5) / steps);
    draw.rebuild(weighted(drawn));
    const counts = new Array<number>(drawn.length).fill(0);
    for (step = 0; step < steps; step += 1) {
      const index = draw.draw(EVERYONE);
      counts[index] = (counts[index] ?? 0) + 1;
    }
    const sum = drawn.reduce((a, b) => a + b);
    // Each of the table's thresholds can be off by one step.
    counts.forEach((count, index) =>
      assertAlmostEquals(count, (drawn[index] ?? 0) / sum * steps, drawn.length + 1)
    );
  }));
});

Deno.test("WeightedDraw.draw() takes one number where the first draw will do", () => {
  let taken = 0;
  const draw = new WeightedDraw(() => {
    taken += 1;
    return 0.5;
  });
  draw.rebuild(weighted([2, 1]));
  draw.draw(EVERYONE);
  assertEquals(taken, 1);
});

Deno.test("WeightedDraw.draw() finds the last eligible one when every draw misses", () => {
  for (const number of [0, 0.3, 0.999999]) {
    const draw = new WeightedDraw(() => number);
    draw.rebuild(weighted([1, 1, 1, 1]));
    for (const index of [0, 1, 2, 3]) assertEquals(draw.draw(only(index)), index);
  }
});

Deno.test("WeightedDraw.draw() leaves out the one it is told to", () => {
  const draw = new WeightedDraw(() => 0);
  draw.rebuild(weighted([5, 1]));
  assertEquals(draw.draw(EVERYONE, 0), 1);
  assertEquals(draw.draw(only(0), 0), NO_BACKEND);
  draw.rebuild(weighted([5]));
  assertEquals(draw.draw(EVERYONE, 0), NO_BACKEND);
});
