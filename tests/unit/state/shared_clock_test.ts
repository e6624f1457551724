import { assertEquals, assertGreater } from "@std/assert";
import { SharedClock } from "../../../lib/state/shared_clock.ts";
import { CLOCK_TICK_MS, SharedState } from "../../../lib/state/shared_state.ts";
import { eventually } from "../../support/patience.ts";

Deno.test("SharedClock.tick() writes for all threads how long the main thread has run", () => {
  const state = SharedState.create(1);
  const other = SharedState.attach(state.buffer);
  let nowMs = 123_456;
  const clock = new SharedClock(state, () => nowMs);
  const startMs = other.clockMs;
  assertGreater(startMs, 0);
  for (const ms of [CLOCK_TICK_MS, 10 * CLOCK_TICK_MS, 365 * 86_400_000]) {
    nowMs = 123_456 + ms;
    clock.tick();
    assertEquals(other.clockMs - startMs, ms);
  }
});

Deno.test("SharedClock.tick() takes no step before its time", () => {
  const state = SharedState.create(1);
  let nowMs = 0;
  const clock = new SharedClock(state, () => nowMs);
  const startMs = state.clockMs;
  nowMs = CLOCK_TICK_MS - 1;
  clock.tick();
  assertEquals(state.clockMs, startMs);
  nowMs++;
  clock.tick();
  assertEquals(state.clockMs, startMs + CLOCK_TICK_MS);
});

Deno.test("SharedClock.start() moves it on by itself, whatever the system's time is set to", async () => {
  const state = SharedState.create(1);
  const clock = new SharedClock(state);
  const realNow = Date.now;
  Date.now = () => realNow() - 3_600_000;
  try {
    const startMs = state.clockMs;
    clock.start();
    await eventually("it has moved on", () => state.clockMs > startMs + 2 * CLOCK_TICK_MS);
  } finally {
    Date.now = realNow;
    clock.stop();
  }
});
