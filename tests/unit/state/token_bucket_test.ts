import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { bucketTime, returnToken, takeToken, tokenRate } from "../../../lib/state/token_bucket.ts";

const START_MS = 1_800_000_000_000;

/** A bucket of its own with a clock that the test sets. */
class Rig {
  readonly cells = new BigInt64Array(1);
  nowMs = START_MS;

  take(perSecond: number): boolean {
    return takeToken(this.cells, 0, tokenRate(perSecond), bucketTime(this.nowMs));
  }

  takeAll(perSecond: number): number {
    let taken = 0;
    while (this.take(perSecond)) taken++;
    return taken;
  }
}

Deno.test("takeToken() gives a second's worth at once, and then at the rate", () => {
  for (const rate of [1, 2, 3, 7, 100, 999]) {
    const rig = new Rig();
    assertEquals(rig.takeAll(rate), rate);
    rig.nowMs += 5000;
    assertEquals(rig.takeAll(rate), rate);
    let taken = 0;
    for (let step = 0; step < 1000; step++) {
      rig.nowMs += 10;
      taken += rig.takeAll(rate);
    }
    assert(Math.abs(taken - rate * 10) <= 1, `${taken} of ${rate * 10}`);
  }
});

Deno.test("takeToken() gives one at a time where a token takes longer than a second", () => {
  const rig = new Rig();
  const twicePerMinute = 2 / 60;
  assertEquals(rig.takeAll(twicePerMinute), 1);
  rig.nowMs += 29_999;
  assertEquals(rig.take(twicePerMinute), false);
  rig.nowMs += 2;
  assertEquals(rig.takeAll(twicePerMinute), 1);
});

Deno.test("takeToken() never gives more than burst + rate x time in any stretch of time", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 200 });
  const rates = fc.oneof(
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1, max: 59 }).map((perMinute) => perMinute / 60),
  );
  fc.assert(fc.property(gaps, rates, (gapsMs, rate) => {
    const rig = new Rig();
    const givenAtMs: number[] = [];
    for (const gapMs of gapsMs) {
      rig.nowMs += gapMs;
      for (let turn = 0; turn < 3; turn++) if (rig.take(rate)) givenAtMs.push(rig.nowMs);
    }
    const burst = Math.max(1, Math.floor(rate));
    for (let from = 0; from < givenAtMs.length; from++) {
      for (let to = from; to < givenAtMs.length; to++) {
        const stretchMs = (givenAtMs[to] as number) - (givenAtMs[from] as number);
        const most = burst + rate * stretchMs / 1000;
        assert(to - from + 1 <= most + 1e-6, `${to - from + 1} in ${stretchMs} ms at ${rate}/s`);
      }
    }
  }));
});

Deno.test("returnToken() leaves the bucket as if nothing had been taken", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), fc.nat(50), (rate, before) => {
    const rig = new Rig();
    for (let turn = 0; turn < Math.min(before, rate - 1); turn++) rig.take(rate);
    const left = rig.cells[0];
    assert(rig.take(rate));
    returnToken(rig.cells, 0, tokenRate(rate));
    // A bucket that was never touched is as full as one that is full now.
    assertEquals(rig.cells[0], left === 0n ? bucketTime(rig.nowMs) : left);
  }));
});

Deno.test("takeToken() waits no longer than for one token after the clock was set back", () => {
  const rig = new Rig();
  rig.takeAll(10);
  rig.nowMs -= 3_600_000;
  assertEquals(rig.take(10), false);
  rig.nowMs += 100;
  assertEquals(rig.takeAll(10), 1);
  rig.nowMs += 10_000;
  assertEquals(rig.takeAll(10), 10);
});
