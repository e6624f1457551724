import { assertEquals } from "@std/assert";
import { Admission } from "../../../lib/access/admission.ts";
import { ListenerCell, ListenerTally } from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

Deno.test("Admission.admit() holds a limit over all workers together", () => {
  const state = SharedState.create(2);
  const first = new Admission(state, 0, 0);
  const second = new Admission(state, 1, 0);
  const admitted = [first.admit(3), second.admit(3), first.admit(3), second.admit(3)];
  assertEquals(admitted, [true, true, true, false]);
  assertEquals(state.listenerCell(0, ListenerCell.active), 3);
  assertEquals(state.listenerTally(1, 0, ListenerTally.refusedMaxConnections), 1);
  first.leave();
  assertEquals(second.admit(3), true);
});

Deno.test("Admission.admit() takes 0 as no limit", () => {
  const state = SharedState.create(1);
  const admission = new Admission(state, 0, 0);
  for (let client = 0; client < 50; client++) assertEquals(admission.admit(0), true);
  assertEquals(state.listenerTally(0, 0, ListenerTally.accepted), 50);
});

Deno.test("Admission.leave() leaves nothing behind", () => {
  const state = SharedState.create(1);
  const admission = new Admission(state, 0, 0);
  admission.admit(0);
  admission.leave();
  assertEquals(state.listenerCell(0, ListenerCell.active), 0);
  assertEquals(state.listenerTally(0, 0, ListenerTally.active), 0);
});
