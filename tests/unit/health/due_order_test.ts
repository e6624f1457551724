import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Due, DueOrder } from "../../../lib/health/_due_order.ts";

Deno.test("DueOrder.first is what is due first, after whatever was put in, moved and removed", () => {
  const step = fc.record({
    index: fc.nat({ max: 19 }),
    dueMs: fc.option(fc.nat({ max: 100 }), { nil: undefined }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const order = new DueOrder<Due>();
    const dues = Array.from({ length: 20 }, (): Due => ({ dueMs: 0, place: -1 }));
    const inside = new Set<Due>();
    for (const { index, dueMs } of steps) {
      const due = dues[index] as Due;
      if (dueMs === undefined) {
        order.remove(due);
        inside.delete(due);
      } else {
        order.set(due, dueMs);
        inside.add(due);
      }
      assertEquals(order.size, inside.size);
      const soonest = Math.min(...[...inside].map((one) => one.dueMs));
      assertEquals(order.first?.dueMs ?? Infinity, soonest);
    }
  }));
});
