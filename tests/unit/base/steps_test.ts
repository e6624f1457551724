import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { runAtOnce, runInSlices, startInSlices, type Steps } from "../../../lib/base/steps.ts";

function* count(to: number): Steps<number> {
  for (let step = 0; step < to; step++) yield;
  return to;
}

function* fail(): Steps<void> {
  yield;
  throw new RangeError("too far");
}

Deno.test("runAtOnce() gives what the last step gives", () => {
  assertEquals(runAtOnce(count(5)), 5);
  assertThrows(() => runAtOnce(fail()), RangeError, "too far");
});

Deno.test("runInSlices() gives what the last step gives", async () => {
  assertEquals(await runInSlices(count(5)), 5);
  await assertRejects(() => runInSlices(fail()), RangeError, "too far");
});

Deno.test("startInSlices() returns at once what takes one slice, and a promise of what takes more", async () => {
  assertEquals(startInSlices(count(5)), 5);
  assertThrows(() => startInSlices(fail()), RangeError, "too far");
  function* busy(): Steps<string> {
    for (let step = 0; step < 3; step++) {
      keepBusy(3);
      yield;
    }
    return "done";
  }
  const started = startInSlices(busy());
  assert(started instanceof Promise);
  assertEquals(await started, "done");
});

Deno.test("runInSlices() lets others have the thread in between", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++);
  function* busy(): Steps<number> {
    for (let step = 0; step < 50; step++) {
      keepBusy(2);
      yield;
    }
    return turns;
  }
  const turnsWithin = await runInSlices(busy());
  clearInterval(timer);
  assert(turnsWithin > 1, `${turnsWithin} turns`);
});

/** Blocks its thread for `ms` milliseconds. */
function keepBusy(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}
