import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { RiseFall } from "../../../lib/health/rise_fall.ts";

/** `+` for a passed check, `-` for a failed one; returns `U`, `D`, or `u`, `d` when in doubt. */
function run(verdict: RiseFall, checks: string): string {
  return [...checks].map((check) => {
    verdict.take(check === "+");
    const letter = verdict.up ? "U" : "D";
    return verdict.inDoubt ? letter.toLowerCase() : letter;
  }).join("");
}

Deno.test("RiseFall begins as up, without a doubt", () => {
  const verdict = new RiseFall(2, 3);
  assertEquals([verdict.up, verdict.inDoubt], [true, false]);
});

Deno.test("RiseFall goes down at the failed check that makes `fall` in a row", () => {
  assertEquals(run(new RiseFall(2, 3), "---"), "uuD");
  assertEquals(run(new RiseFall(2, 3), "--+--+---"), "uuUuuUuuD");
  assertEquals(run(new RiseFall(1, 1), "-+-"), "DUD");
});

Deno.test("RiseFall goes up at the passed check that makes `rise` in a row", () => {
  assertEquals(run(new RiseFall(2, 3), "---++"), "uuDdU");
  assertEquals(run(new RiseFall(3, 1), "-++-+++"), "DddDddU");
  assertEquals(run(new RiseFall(2, 3), "-----+-++"), "uuDDDdDdU");
});

Deno.test("RiseFall.take() tells exactly the changes", () => {
  const verdict = new RiseFall(2, 3);
  const told = [..."---++---"].map((check) => verdict.take(check === "+"));
  assertEquals(told, [false, false, true, false, true, false, false, true]);
});

Deno.test("RiseFall follows the last checks in a row, whatever came before", () => {
  const count = fc.integer({ min: 1, max: 6 });
  fc.assert(fc.property(count, count, fc.array(fc.boolean()), (rise, fall, checks) => {
    const verdict = new RiseFall(rise, fall);
    let up = true;
    let against = 0;
    for (const passed of checks) {
      against = passed === up ? 0 : against + 1;
      const flips = against === (up ? fall : rise);
      if (flips) {
        up = !up;
        against = 0;
      }
      assertEquals(verdict.take(passed), flips);
      assertEquals([verdict.up, verdict.inDoubt], [up, against > 0]);
    }
  }));
});

Deno.test("RiseFall.adapt() keeps the verdict", () => {
  const verdict = new RiseFall(2, 3);
  run(verdict, "--");
  verdict.adapt(4, 2);
  assertEquals([verdict.up, verdict.inDoubt], [true, false]);
  assertEquals(run(verdict, "--+++"), "uDddd");
  verdict.adapt(2, 2);
  assertEquals([verdict.up, verdict.inDoubt], [false, false]);
  assertEquals(run(verdict, "++"), "dU");
});

Deno.test("RiseFall.adapt() to the same counts forgets nothing", () => {
  const verdict = new RiseFall(2, 3);
  run(verdict, "--");
  verdict.adapt(2, 3);
  assertEquals(run(verdict, "-"), "D");
});
