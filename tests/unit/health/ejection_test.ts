import { assertEquals } from "@std/assert";
import {
  ejectionTimeMs,
  isToBlame,
  longestEjectionMs,
  mayBeProvoked,
  mostEjected,
  TRIAL_MS,
} from "../../../lib/health/ejection.ts";

Deno.test("ejectionTimeMs() grows with every ejection in a row, up to five minutes", () => {
  assertEquals([1, 2, 3, 30, 31].map((inRow) => ejectionTimeMs(10_000, inRow, 0)), [
    10_000,
    20_000,
    30_000,
    300_000,
    300_000,
  ]);
});

Deno.test("ejectionTimeMs() leaves a longer fail_timeout as it is written", () => {
  assertEquals(ejectionTimeMs(600_000, 1, 0), 600_000);
  assertEquals(ejectionTimeMs(600_000, 2, 0), 600_000);
});

Deno.test("ejectionTimeMs() adds up to a tenth by chance", () => {
  assertEquals(ejectionTimeMs(10_000, 1, 0.5), 10_500);
  assertEquals(ejectionTimeMs(10_000, 99, 0.999) <= longestEjectionMs(10_000), true);
});

Deno.test("mostEjected() is the share rounded down, one at least, and never all", () => {
  const cases = [
    [10, 50, 5],
    [5, 50, 2],
    [3, 50, 1],
    [2, 50, 1],
    [3, 10, 1],
    [3, 100, 2],
    [1, 100, 0],
    [8, 0, 0],
  ];
  for (const [backends, percent, most] of cases as [number, number, number][]) {
    assertEquals(mostEjected(backends, percent), most, `${percent} % of ${backends}`);
  }
});

Deno.test("mayBeProvoked() holds of whoever has sent something, or has kept the backend waiting", () => {
  const reset = { hadInput: false, openMs: 0, clientKey: 1n };
  assertEquals(mayBeProvoked(reset), false);
  assertEquals(mayBeProvoked({ ...reset, hadInput: true }), true);
  assertEquals(mayBeProvoked({ ...reset, openMs: TRIAL_MS - 1 }), false);
  assertEquals(mayBeProvoked({ ...reset, openMs: TRIAL_MS }), true);
});

Deno.test("isToBlame() wants three clients and half of the sessions", () => {
  for (
    const [clients, resets, sessions, expected] of [
      [2, 100, 100, false],
      [3, 3, 3, true],
      [3, 50, 100, true],
      [3, 49, 100, false],
    ] as const
  ) assertEquals(isToBlame({ clients, resets, sessions }), expected, `${clients} ${resets}`);
});
