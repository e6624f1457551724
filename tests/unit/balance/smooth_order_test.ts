import { assert, assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { deadlineOrder } from "../../../lib/balance/_deadline_order.ts";
import {
  MAX_CYCLE_LENGTH,
  MAX_SMOOTH_STEPS,
  smoothOrder,
} from "../../../lib/balance/_smooth_order.ts";

function letters(order: Iterable<number>): string {
  return Array.from(order, (place) => "abcdefgh"[place]).join(" ");
}

function counts(order: Iterable<number>, places: number): number[] {
  const tally = new Array<number>(places).fill(0);
  for (const place of order) tally[place] = (tally[place] ?? 0) + 1;
  return tally;
}

const VECTORS: readonly [readonly number[], string][] = [
  [[5, 1, 1], "a a b a c a a"],
  [[3, 1], "a a b a"],
  [[3, 2, 1], "a b a c b a"],
  [[4, 2, 1], "a b a c a b a"],
  [[2, 3], "b a b a b"],
  [[6, 1, 1], "a a b a a c a a"],
  [[1, 2], "b a b"],
  [[3, 1, 2, 1], "a c b a d c a"],
  [[1, 1, 1, 1], "a b c d"],
  [[7], "a"],
  [[], ""],
];

for (const [weights, expected] of VECTORS) {
  Deno.test(`smoothOrder() lays out weights ${weights.join(", ") || "of nobody"} as nginx does`, () => {
    assertEquals(letters(smoothOrder(weights)), expected);
  });
}

Deno.test("smoothOrder() divides weights by what they have in common", () => {
  assertEquals(letters(smoothOrder([500, 100, 100])), "a a b a c a a");
  assertEquals(smoothOrder([100, 100, 37]).length, 237);
});

Deno.test("smoothOrder() gives every place exactly its weight", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(weights, (drawn) => {
    const withOne = [...drawn, 1];
    assertEquals(counts(smoothOrder(withOne), withOne.length), withOne);
  }));
});

Deno.test("smoothOrder() keeps exact shares where nginx's order would take too long", () => {
  const weights = Array.from({ length: 1_000 }, (_, place) => 1 + (place * 37) % 256);
  const order = smoothOrder(weights);
  assert(order.length * weights.length > MAX_SMOOTH_STEPS);
  assertEquals(counts(order, weights.length), weights);
});

Deno.test("smoothOrder() caps the cycle and keeps the shares to about one slot", () => {
  const weights = [3_000_001, 1_999_999, 500_000, 1];
  const order = smoothOrder(weights);
  assertLessOrEqual(order.length, MAX_CYCLE_LENGTH);
  const sum = weights.reduce((a, b) => a + b);
  counts(order, weights.length).forEach((count, place) => {
    assert(count >= 1);
    assertLess(Math.abs(count - (weights[place] ?? 0) / sum * order.length), 2);
  });
});

Deno.test("smoothOrder() holds more than 65,536 places", () => {
  const order = smoothOrder(new Array<number>(70_000).fill(1));
  assertEquals(order.length, 70_000);
  assertEquals(order[69_999], 69_999);
});

Deno.test("deadlineOrder() never has a place a whole pick off its share", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(weights, (drawn) => {
    const order = deadlineOrder(Float64Array.from(drawn));
    const length = drawn.reduce((a, b) => a + b);
    const picks = new Array<number>(drawn.length).fill(0);
    order.forEach((place, slot) => {
      picks[place] = (picks[place] ?? 0) + 1;
      drawn.forEach((weight, at) => {
        // Multiplied by the length, so that the comparison is one of integers.
        assertLess(Math.abs((picks[at] ?? 0) * length - (slot + 1) * weight), length);
      });
    });
    assertEquals(picks, drawn);
  }));
});

Deno.test("deadlineOrder() takes equals in the order of the configuration", () => {
  assertEquals(letters(deadlineOrder(Float64Array.of(1, 1, 1))), "a b c");
});

Deno.test("deadlineOrder() spreads one heavy place among many light ones", () => {
  const order = deadlineOrder(Float64Array.of(100, ...new Array<number>(300).fill(1)));
  let sinceHeavy = 0;
  for (const place of order) {
    sinceHeavy = place === 0 ? 0 : sinceHeavy + 1;
    assertLessOrEqual(sinceHeavy, 6);
  }
});
