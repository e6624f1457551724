import { assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { OTHER_KEYS, Throttle } from "../../../lib/log/throttle.ts";

Deno.test("Throttle.take() lets the first through, then one per interval with a count", () => {
  const throttle = new Throttle({ intervalMs: 10_000 });
  assertEquals(throttle.take("refused", 0), 0);
  assertEquals(throttle.take("refused", 1), -1);
  assertEquals(throttle.take("refused", 9_999), -1);
  assertEquals(throttle.take("refused", 10_000), 2);
  assertEquals(throttle.take("refused", 19_999), -1);
  assertEquals(throttle.take("refused", 60_000), 1);
  assertEquals(throttle.take("refused", 70_000), 0);
});

Deno.test("Throttle.take() tells keys apart", () => {
  const throttle = new Throttle();
  assertEquals(throttle.take("a", 0), 0);
  assertEquals(throttle.take("b", 5), 0);
  assertEquals(throttle.take("a", 10_001), 0);
  assertEquals(throttle.take("b", 10_001), -1);
});

Deno.test("Throttle.drain() returns the counts whose interval is over, each once", () => {
  const throttle = new Throttle({ intervalMs: 100 });
  throttle.take("a", 0);
  throttle.take("a", 1);
  throttle.take("a", 2);
  throttle.take("b", 50);
  throttle.take("b", 51);
  assertEquals(throttle.drain(99), []);
  assertEquals(throttle.drain(100), [{ key: "a", count: 2 }]);
  assertEquals(throttle.drain(149), []);
  assertEquals(throttle.drain(150), [{ key: "b", count: 1 }]);
});

Deno.test("Throttle.drain() starts another interval of silence for what it returns", () => {
  const throttle = new Throttle({ intervalMs: 100 });
  throttle.take("a", 0);
  throttle.take("a", 1);
  assertEquals(throttle.drain(100), [{ key: "a", count: 1 }]);
  assertEquals(throttle.take("a", 199), -1);
  assertEquals(throttle.take("a", 200), 1);
});

Deno.test("Throttle.drain() forgets keys that kept nothing back", () => {
  const throttle = new Throttle({ intervalMs: 100 });
  throttle.take("a", 0);
  throttle.take("b", 60);
  throttle.drain(100);
  assertEquals(throttle.size, 1);
});

Deno.test("Throttle.drain() returns everything at the end of time", () => {
  const throttle = new Throttle();
  throttle.take("a", 0);
  throttle.take("a", 1);
  throttle.take("b", 1);
  assertEquals(throttle.drain(Infinity), [{ key: "a", count: 1 }]);
  assertEquals(throttle.size, 0);
  assertEquals(throttle.take("a", 2), 0);
});

Deno.test("Throttle counts keys beyond its limit as one", () => {
  const throttle = new Throttle({ maxKeys: 2 });
  assertEquals(throttle.take("a", 0), 0);
  assertEquals(throttle.take("b", 0), 0);
  assertEquals(throttle.take("c", 0), 0);
  assertEquals(throttle.take("d", 0), -1);
  assertEquals(throttle.take("a", 0), -1);
  assertEquals(throttle.take("e", 10_000), 1);
  assertEquals(throttle.size, 3);
  throttle.take("f", 10_001);
  assertEquals(throttle.drain(20_000), [{ key: "a", count: 1 }, { key: OTHER_KEYS, count: 1 }]);
});

Deno.test("Throttle loses no failure: lines and counts add up to what happened", () => {
  const step = fc.record({
    key: fc.constantFrom("a", "b", "c", "d", "e"),
    waitMs: fc.nat({ max: 60 }),
    drains: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const throttle = new Throttle({ intervalMs: 100, maxKeys: 3 });
    let nowMs = 0;
    let told = 0;
    for (const { key, waitMs, drains } of steps) {
      nowMs += waitMs;
      const count = throttle.take(key, nowMs);
      if (count >= 0) told += 1 + count;
      if (drains) { for (const { count } of throttle.drain(nowMs)) told += count; }
      assertLessOrEqual(throttle.size, 4);
    }
    for (const { count } of throttle.drain(Infinity)) told += count;
    assertEquals(told, steps.length);
  }));
});
