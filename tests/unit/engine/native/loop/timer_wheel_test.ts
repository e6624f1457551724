import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import fc from "fast-check";
import { TimerWheel } from "../../../../../lib/engine/native/loop/timer_wheel.ts";

const TICK_MS = 10;
const SLOTS = 16;

function wheelFrom(nowMs: number): { wheel: TimerWheel; due: [id: number, nowMs: number][] } {
  const due: [number, number][] = [];
  const wheel = new TimerWheel(TICK_MS, SLOTS, nowMs, (id, atMs) => due.push([id, atMs]));
  return { wheel, due };
}

Deno.test("TimerWheel rings a timer at its tick and never before", () => {
  const { wheel, due } = wheelFrom(0);
  wheel.set(7, 25);
  wheel.advance(24);
  assertEquals(due, []);
  wheel.advance(31);
  assertEquals([due, wheel.size], [[[7, 31]], 0]);
  wheel.advance(1000);
  assertEquals(due.length, 1);
});

Deno.test("TimerWheel rings a timer that lies further ahead than the wheel reaches", () => {
  const { wheel, due } = wheelFrom(0);
  wheel.set(1, 1005);
  for (let nowMs = 0; nowMs <= 1000; nowMs += 7) wheel.advance(nowMs);
  assertEquals(due, []);
  wheel.advance(1010);
  assertEquals(due, [[1, 1010]]);
});

Deno.test("TimerWheel replaces a timer that is set again", () => {
  const { wheel, due } = wheelFrom(0);
  wheel.set(1, 20);
  wheel.set(1, 90);
  wheel.advance(80);
  assertEquals([due, wheel.size], [[], 1]);
  wheel.advance(90);
  assertEquals(due, [[1, 90]]);
});

Deno.test("TimerWheel forgets a timer that is stopped, in the middle of a slot too", () => {
  const { wheel, due } = wheelFrom(0);
  for (const id of [1, 2, 3]) wheel.set(id, 50);
  wheel.stop(2);
  wheel.stop(2);
  wheel.stop(99_999);
  wheel.advance(50);
  assertEquals(due.map(([id]) => id).sort(), [1, 3]);
});

Deno.test("TimerWheel lets a timer that rings set itself and stop others", () => {
  const rung: number[] = [];
  const wheel = new TimerWheel(TICK_MS, SLOTS, 0, (id, nowMs) => {
    rung.push(id);
    if (id === 1 && rung.length < 3) wheel.set(1, nowMs + TICK_MS);
    wheel.stop(2);
  });
  wheel.set(2, 10);
  wheel.set(1, 10);
  for (let nowMs = 0; nowMs <= 100; nowMs += 5) wheel.advance(nowMs);
  assertEquals(rung, [1, 1, 1]);
});

Deno.test("TimerWheel rings everything that is due after a long pause", () => {
  const { wheel, due } = wheelFrom(0);
  for (let id = 0; id < 1000; id++) wheel.set(id, id);
  wheel.advance(1_000_000);
  assertEquals([due.length, wheel.size], [1000, 0]);
});

Deno.test("TimerWheel.nextDueMs is never later than the first timer, and rests without one", () => {
  const { wheel } = wheelFrom(0);
  assertEquals(wheel.nextDueMs, Infinity);
  wheel.set(1, 40);
  wheel.set(2, 5000);
  assertEquals(wheel.nextDueMs, 40);
  wheel.advance(40);
  assertGreaterOrEqual(5000, wheel.nextDueMs);
  assertGreaterOrEqual(wheel.nextDueMs, 50);
  wheel.stop(2);
  wheel.advance(10_000);
  assertEquals(wheel.nextDueMs, Infinity);
});

Deno.test("TimerWheel rings what a plain list of deadlines would", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("set"), id: fc.nat(40), ms: fc.nat(600) }),
    fc.record({ do: fc.constant("stop"), id: fc.nat(40), ms: fc.constant(0) }),
    fc.record({ do: fc.constant("advance"), id: fc.constant(0), ms: fc.nat(100) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    let nowMs = 0;
    const expected = new Map<number, number>();
    const { wheel, due } = wheelFrom(0);
    for (const { do: what, id, ms } of steps) {
      if (what === "set") {
        wheel.set(id, nowMs + ms);
        // The tick that has been passed already cannot come again.
        const tick = Math.max(Math.ceil((nowMs + ms) / TICK_MS), Math.floor(nowMs / TICK_MS) + 1);
        expected.set(id, tick * TICK_MS);
      } else if (what === "stop") {
        wheel.stop(id);
        expected.delete(id);
      } else {
        nowMs += ms;
        due.length = 0;
        wheel.advance(nowMs);
        const rung = [...expected].filter(([, atMs]) => atMs <= nowMs).map(([id]) => id);
        for (const id of rung) expected.delete(id);
        assertEquals(due.map(([id]) => id).sort(), rung.sort());
      }
      assertEquals(wheel.size, expected.size);
    }
  }));
});
