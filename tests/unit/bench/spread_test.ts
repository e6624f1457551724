import { assertEquals, assertThrows } from "@std/assert";
import { spread } from "../../bench/report/spread.ts";

Deno.test("spread() gives the middle and the ends of an odd number of values", () => {
  assertEquals(spread([5, 1, 100, 2, 3]), { median: 3, min: 1, max: 100 });
});

Deno.test("spread() gives the mean of the two in the middle of an even number of values", () => {
  assertEquals(spread([10, 2, 4, 1]), { median: 3, min: 1, max: 10 });
});

Deno.test("spread() sorts by size, not by spelling, and leaves its input alone", () => {
  const values = [10, 9, 100];
  assertEquals(spread(values), { median: 10, min: 9, max: 100 });
  assertEquals(values, [10, 9, 100]);
});

Deno.test("spread() of nothing is a RangeError", () => {
  assertThrows(() => spread([]), RangeError, "Cannot spread an empty list");
});
