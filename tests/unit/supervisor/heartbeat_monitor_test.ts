import { assertEquals } from "@std/assert";
import { WorkerCell } from "../../../lib/state/worker_counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { HANG_MS, HeartbeatMonitor } from "../../../lib/supervisor/heartbeat_monitor.ts";

/** A monitor on a clock that the test advances by one second per check. */
function rig() {
  const state = SharedState.create(2);
  let nowMs = 1_000;
  const monitor = new HeartbeatMonitor(state, () => nowMs);
  const look = (beating: readonly number[], slots: readonly number[] = [0, 1]) => {
    nowMs += 1_000;
    for (const slot of beating) state.addWorkerCell(slot, WorkerCell.heartbeat, 1);
    return monitor.look(slots);
  };
  return { look, pause: (ms: number) => nowMs += ms };
}

Deno.test("HeartbeatMonitor.look() leaves workers alone that beat", () => {
  const { look } = rig();
  for (let second = 0; second < 30; second++) assertEquals(look([0, 1]), []);
});

Deno.test("HeartbeatMonitor.look() reports a worker that stands still for 10 s once", () => {
  const { look } = rig();
  look([0, 1]);
  const told = Array.from({ length: 12 }, () => look([0])).map((hanging) => hanging.length);
  assertEquals(told, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
});

Deno.test("HeartbeatMonitor.look() says how long a worker has stood still", () => {
  const { look } = rig();
  look([0, 1]);
  for (let second = 0; second < 9; second++) look([0]);
  assertEquals(look([0]), [{ slot: 1, silentMs: HANG_MS }]);
});

Deno.test("HeartbeatMonitor.look() gives a worker in a slot that was empty the time to begin", () => {
  const { look } = rig();
  look([0, 1]);
  for (let second = 0; second < 12; second++) assertEquals(look([0], [0]), []);
  // The next one has the slot, and has not beaten yet.
  for (let second = 0; second < 9; second++) assertEquals(look([0]), []);
  assertEquals(look([0, 1]), []);
});

Deno.test("HeartbeatMonitor.look() blames nobody when it was held up itself", () => {
  const { look, pause } = rig();
  look([0, 1]);
  pause(HANG_MS * 2);
  assertEquals(look([]), []);
});
