import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatDuration, parseDuration } from "../../../lib/base/duration.ts";

Deno.test("parseDuration() takes a number with each of its units", () => {
  assertEquals(parseDuration("500ms"), 500);
  assertEquals(parseDuration("5s"), 5000);
  assertEquals(parseDuration("10m"), 600_000);
  assertEquals(parseDuration("2h"), 7_200_000);
  assertEquals(parseDuration("1d"), 86_400_000);
});

Deno.test("parseDuration() takes a bare number as seconds", () => {
  assertEquals(parseDuration("5"), 5000);
  assertEquals(parseDuration("0"), 0);
  assertEquals(parseDuration("0.25"), 250);
});

Deno.test("parseDuration() takes decimals, and never rounds down to 0", () => {
  assertEquals(parseDuration("1.5m"), 90_000);
  assertEquals(parseDuration("4.35s"), 4350);
  assertEquals(parseDuration("0.001ms"), 1);
  assertEquals(parseDuration("0.0s"), 0);
});

Deno.test("parseDuration() gives nothing for what is no duration", () => {
  const wrong = ["", "s", "5 s", "-1s", "+1s", "1e3", "5S", "5min", "1.s", ".5s", "1m30s", "0x10"];
  for (const text of wrong) assertEquals(parseDuration(text), undefined, text);
});

Deno.test("parseDuration() knows a duration that is far too long for one", () => {
  assertEquals(parseDuration("999999999d"), 86_399_999_913_600_000);
  assertEquals(parseDuration("9".repeat(400)), Infinity);
});

Deno.test("formatDuration() takes the largest unit without a fraction", () => {
  assertEquals(formatDuration(0), "0s");
  assertEquals(formatDuration(1500), "1500ms");
  assertEquals(formatDuration(90_000), "90s");
  assertEquals(formatDuration(600_000), "10m");
  assertEquals(formatDuration(172_800_000), "2d");
});

Deno.test("parseDuration() reads back what formatDuration() writes", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (ms) => {
    assertEquals(parseDuration(formatDuration(ms)), ms);
  }));
  fc.assert(fc.property(fc.nat(1000), fc.constantFrom(1000, 60_000, 3_600_000), (count, unit) => {
    assertEquals(parseDuration(formatDuration(count * unit)), count * unit);
  }));
});
