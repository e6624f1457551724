import { assertEquals } from "@std/assert";
import { WorkerSlots } from "../../../lib/supervisor/worker_slots.ts";

Deno.test("WorkerSlots.of() gives each engine slots of its own, always the same", () => {
  const slots = new WorkerSlots(2, 7);
  assertEquals(slots.of("native"), [0, 1]);
  assertEquals(slots.of("streams"), [2, 3]);
  assertEquals(slots.of("native"), [0, 1]);
});

Deno.test("WorkerSlots.replace() returns unused slots, until there are none", () => {
  const slots = new WorkerSlots(2, 7);
  assertEquals([slots.of("native"), slots.replace("native", 0)], [[0, 1], 4]);
  assertEquals(slots.of("native"), [1, 4]);
  assertEquals(slots.replace("native", 1), 5);
  // The second engine's are kept for it.
  assertEquals(slots.of("streams"), [2, 3]);
  assertEquals([slots.replace("native", 4), slots.replace("streams", 2)], [6, undefined]);
  assertEquals([slots.of("native"), slots.of("streams")], [[5, 6], [3]]);
});
