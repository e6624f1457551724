import { assertEquals } from "@std/assert";
import { WorkerSlots } from "../../../lib/supervisor/worker_slots.ts";

Deno.test("WorkerSlots.take() gives each engine slots of its own, the first that are free", () => {
  const slots = new WorkerSlots(4);
  assertEquals([slots.take("native"), slots.take("streams"), slots.take("native")], [0, 1, 2]);
  assertEquals([slots.of("native"), slots.of("streams")], [[0, 2], [1]]);
  assertEquals([slots.has("native", 2), slots.has("streams", 2)], [true, false]);
  assertEquals(slots.engines, ["native", "streams"]);
  assertEquals([slots.take("native"), slots.take("native")], [3, undefined]);
});

Deno.test("WorkerSlots.withdraw() leaves a slot taken until it is released", () => {
  const slots = new WorkerSlots(2);
  slots.take("native");
  slots.take("native");
  slots.withdraw(0);
  assertEquals([slots.of("native"), slots.take("native")], [[1], undefined]);
  slots.release(0);
  assertEquals([slots.take("native"), slots.of("native")], [0, [1, 0]]);
  slots.withdraw(0);
  slots.withdraw(1);
  assertEquals(slots.engines, []);
});
