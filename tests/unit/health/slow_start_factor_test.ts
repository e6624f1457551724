import { assertAlmostEquals, assertEquals } from "@std/assert";
import { slowStartFactor } from "../../../lib/health/slow_start_factor.ts";

Deno.test("slowStartFactor() follows Envoy's formula with a window of a minute", () => {
  const table = [[0, 0.1], [1, 0.1], [6, 0.1], [15, 0.25], [30, 0.5], [45, 0.75], [59, 0.983]];
  for (const [seconds, factor] of table as [number, number][]) {
    assertAlmostEquals(slowStartFactor(seconds * 1000, 60_000), factor, 0.0005);
  }
});

Deno.test("slowStartFactor() counts the first second as whole", () => {
  assertEquals(slowStartFactor(0, 2000), 0.5);
  assertEquals(slowStartFactor(0, 500), 1);
});

Deno.test("slowStartFactor() is 1 once the window is over, and without one", () => {
  assertEquals(slowStartFactor(60_000, 60_000), 1);
  assertEquals(slowStartFactor(90_000, 60_000), 1);
  assertEquals(slowStartFactor(0, 0), 1);
});
