import { assertEquals } from "@std/assert";
import { POOL_ROWS } from "../../../lib/state/layout.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

const ROW = POOL_ROWS - 1;

Deno.test("QueueMarks.hasEarlier() knows who waits in other workers, and since when", () => {
  const { queueMarks } = SharedState.create(3).pools;
  queueMarks.set(0, ROW, 7, 1_000, 5_000);
  assertEquals(queueMarks.hasEarlier(0, ROW, 8, 2_000, 0), false, "its own");
  assertEquals(queueMarks.hasEarlier(1, ROW, 8, 2_000, 0), true);
  assertEquals(queueMarks.hasEarlier(1, ROW, 8, 1_000, 0), true);
  assertEquals(queueMarks.hasEarlier(1, ROW, 8, 999, 0), false, "not so long");
  assertEquals(queueMarks.hasEarlier(1, ROW, 7, 2_000, 0), false, "no earlier one");
  assertEquals(queueMarks.hasEarlier(1, ROW, 8, 2_000, 5_001), false, "a worker that hangs");
  assertEquals(queueMarks.hasEarlier(1, ROW - 1, 8, 2_000, 0), false, "another pool's");
  queueMarks.clear(0, ROW);
  assertEquals(queueMarks.hasEarlier(1, ROW, 8, 2_000, 0), false, "nobody");
});

Deno.test("QueueMarks.hasEarlier() compares tickets that have begun anew", () => {
  const { queueMarks } = SharedState.create(2).pools;
  const [last, first] = [2 ** 31 - 1, -(2 ** 31)];
  queueMarks.set(0, ROW, last, 1_000, 1_000);
  assertEquals(queueMarks.hasEarlier(1, ROW, first, 1_000, 0), true);
  queueMarks.set(0, ROW, first, 1_000, 1_000);
  assertEquals(queueMarks.hasEarlier(1, ROW, last, 1_000, 0), false);
});

Deno.test("QueueMarks.hasEarlier() looks at the slots that have had a worker, and no others", () => {
  const state = SharedState.create(4, 0);
  state.pools.queueMarks.set(1, ROW, 7, 1_000, 5_000);
  state.useWorkerSlot(0);
  assertEquals(state.pools.queueMarks.hasEarlier(0, ROW, 8, 2_000, 0), false);
  state.useWorkerSlot(1);
  assertEquals(state.pools.queueMarks.hasEarlier(0, ROW, 8, 2_000, 0), true);
});
