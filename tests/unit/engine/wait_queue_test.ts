import { assertEquals } from "@std/assert";
import { WaitQueue } from "../../../lib/engine/wait_queue.ts";
import { ListenerCell, ListenerTally } from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

/** A waiter that takes a place when there is one left, and writes its name down. */
function waiterOf(name: string, places: { left: number }, served: string[]) {
  return {
    serve: () => {
      if (places.left === 0) return false;
      places.left--;
      served.push(name);
      return true;
    },
  };
}

Deno.test("WaitQueue.turn() serves those who came first, as far as there are places", () => {
  const queue = new WaitQueue(SharedState.create(1), 0, 0);
  const places = { left: 0 };
  const served: string[] = [];
  for (const name of ["a", "b", "c"]) queue.join(waiterOf(name, places, served), 10);
  queue.turn();
  assertEquals(served, []);
  places.left = 2;
  queue.turn();
  assertEquals([served, queue.size], [["a", "b"], 1]);
});

Deno.test("WaitQueue.join() holds max_queue over all workers", () => {
  const state = SharedState.create(2);
  const first = new WaitQueue(state, 0, 0);
  const second = new WaitQueue(state, 1, 0);
  const never = () => ({ serve: () => false });
  assertEquals([first.join(never(), 2), second.join(never(), 2)], [true, true]);
  assertEquals([first.join(never(), 2), second.join(never(), 2)], [false, false]);
  assertEquals(state.listenerCell(0, ListenerCell.queued), 2);
  assertEquals(state.listenerTally(0, 0, ListenerTally.queuedInAll), 1);
});

Deno.test("WaitQueue.leave() ends a wait, once", () => {
  const state = SharedState.create(1);
  const queue = new WaitQueue(state, 0, 0);
  const waiter = { serve: () => false };
  queue.join(waiter, 1);
  queue.leave(waiter);
  queue.leave(waiter);
  assertEquals([queue.size, state.listenerCell(0, ListenerCell.queued)], [0, 0]);
  assertEquals(state.listenerTally(0, 0, ListenerTally.queuedHere), 0);
});
