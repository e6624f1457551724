import { assert, assertEquals } from "@std/assert";
import { FirstByteTimer } from "../../../lib/engine/first_byte_timer.ts";

/** A timer of a backend that was connected at 100 ms, on a clock that a test sets. */
function rig() {
  const clock = { nowMs: 100 };
  const samples: string[] = [];
  const lease = {
    sentFirstByte: (timeMs: number) => samples.push(`sent after ${timeMs}`),
    sentNothing: (waitedMs: number) => samples.push(`waited ${waitedMs}`),
  };
  return { clock, samples, timer: new FirstByteTimer(lease, 100, () => clock.nowMs) };
}

Deno.test("FirstByteTimer starts when the backend is connected if it speaks first", () => {
  const { clock, samples, timer } = rig();
  clock.nowMs = 130;
  timer.received();
  assertEquals(samples, ["sent after 30"]);
});

Deno.test("FirstByteTimer starts over with the client's bytes, so a slow upload does not count", () => {
  const { clock, samples, timer } = rig();
  for (const [nowMs, bytesIn] of [[1_000, 10], [5_000, 20], [5_500, 20]] as const) {
    clock.nowMs = nowMs;
    timer.sent(bytesIn);
  }
  clock.nowMs = 5_600;
  timer.received();
  assertEquals(samples, ["sent after 600"]);
});

Deno.test("FirstByteTimer reports the first byte only", () => {
  const { samples, timer } = rig();
  timer.received();
  timer.received();
  timer.ended();
  assertEquals(samples.length, 1);
});

Deno.test("FirstByteTimer never reports 0, which would mean that nothing was measured", () => {
  const { samples, timer } = rig();
  timer.received();
  assertEquals(samples, ["sent after 0.001"]);
});

Deno.test("FirstByteTimer reports how long a client waited in vain, if it had sent something", () => {
  const waiting = rig();
  waiting.timer.sent(5);
  waiting.clock.nowMs = 400;
  waiting.timer.ended();
  waiting.timer.received();
  assertEquals(waiting.samples, ["waited 300"]);
  const silent = rig();
  silent.clock.nowMs = 400;
  silent.timer.ended();
  assertEquals(silent.samples, []);
});

Deno.test("FirstByteTimer goes by the clock of sessions by default", () => {
  let sampleMs = -1;
  const lease = { sentFirstByte: (timeMs: number) => sampleMs = timeMs, sentNothing: () => {} };
  new FirstByteTimer(lease, performance.now() - 5).received();
  assert(sampleMs >= 5 && sampleMs < 60_000);
});
