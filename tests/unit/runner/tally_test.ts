import { assertEquals } from "@std/assert";
import { formatTally, NOTHING, readTally, sumOf } from "../../runner/tally.ts";

Deno.test("readTally() reads what deno test writes last", () => {
  assertEquals(readTally("a ... ok (1ms)\n\nok | 3 passed | 0 failed (12ms)\n\n"), {
    ...NOTHING,
    passed: 3,
  });
  assertEquals(
    readTally(
      "FAILED | 1313 passed (46 steps) | 2 failed (1 step) | 12 ignored | 7 filtered out (1m2s)\n",
    ),
    { passed: 1313, failed: 2, ignored: 12, steps: 46, filteredOut: 7 },
  );
});

Deno.test("readTally() takes the last line of that kind, as tests may write one too", () => {
  const output = "ok | 99 passed | 0 failed (1s)\nFAILED | 1 passed | 1 failed (1s)\n";
  assertEquals(readTally(output), { ...NOTHING, passed: 1, failed: 1 });
});

Deno.test("readTally() returns nothing if there is no such line", () => {
  assertEquals(readTally("error: Uncaught SyntaxError\n"), undefined);
  assertEquals(readTally("it says: ok | 3 passed | 0 failed\n"), undefined);
});

Deno.test("formatTally() writes what readTally() reads", () => {
  const tallies = [
    NOTHING,
    { passed: 1, failed: 0, ignored: 0, steps: 1, filteredOut: 0 },
    { passed: 5, failed: 4, ignored: 3, steps: 2, filteredOut: 1 },
  ];
  for (const tally of tallies) {
    assertEquals(readTally(`ok | ${formatTally(tally)} (1s)`), tally);
  }
});

Deno.test("sumOf() adds up", () => {
  const one = { passed: 1, failed: 2, ignored: 3, steps: 4, filteredOut: 5 };
  assertEquals(sumOf([]), NOTHING);
  assertEquals(sumOf([one, NOTHING, one]), {
    passed: 2,
    failed: 4,
    ignored: 6,
    steps: 8,
    filteredOut: 10,
  });
});
