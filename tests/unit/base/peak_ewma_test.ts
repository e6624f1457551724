import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { decay, DECAY_MS, observe } from "../../../lib/base/peak_ewma.ts";

Deno.test("decay() lets an old cost fall exponentially", () => {
  assertAlmostEquals(decay(10, 100, 1_000), 9.048, 0.001);
  assertAlmostEquals(decay(10, 200, 1_000), 8.187, 0.001);
});

Deno.test("decay() leaves 1/e after the default time", () => {
  assertAlmostEquals(decay(1, DECAY_MS), 1 / Math.E, 1e-12);
});

Deno.test("decay() takes a moment before the observation as the observation's", () => {
  assertEquals(decay(10, -500, 1_000), 10);
});

Deno.test("observe() takes the first sample and every peak at once", () => {
  assertEquals(observe(0, 5_000, 30), 30);
  assertEquals(observe(30, 1, 200), 200);
});

Deno.test("observe() follows a fall little by little", () => {
  const half = 1_000 * Math.LN2;
  assertAlmostEquals(observe(100, half, 0, 1_000), 50, 1e-9);
  assertAlmostEquals(observe(100, half, 20, 1_000), 60, 1e-9);
  assertEquals(observe(100, 0, 20, 1_000), 100);
});

Deno.test("observe() and decay() give the loads of a known course of two sessions", () => {
  // Cost 20 ms at 0, time constant 1 s; load = cost × (sessions + 1).
  const decayMs = 1_000;
  assert(decay(20, 100, decayMs) * 2 > 20);
  assert(decay(20, 200, decayMs) * 3 > 40);
  const atFirstEnd = observe(20, 300, 200, decayMs);
  assertEquals(atFirstEnd * 2, 400);
  const atSecondEnd = observe(atFirstEnd, 100, 200, decayMs);
  assertEquals(atSecondEnd, 200);
  assert(decay(atSecondEnd, 1_000, decayMs) < 100);
  assert(decay(atSecondEnd, 11_000, decayMs) < 0.1);
});
