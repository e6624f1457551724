import { assertEquals, assertThrows } from "@std/assert";
import type { EngineKind } from "../../../lib/engine/choose_engine.ts";
import { Staffing } from "../../../lib/supervisor/staffing.ts";
import type { WorkerHandle } from "../../../lib/supervisor/worker_handle.ts";
import { WorkerSlots } from "../../../lib/supervisor/worker_slots.ts";

/** Slots of which some have a worker; what is started and ended is recorded, and starts no thread. */
class Rig {
  readonly slots: WorkerSlots;
  readonly running = new Set<number>();
  readonly ended: number[] = [];
  inForce: readonly EngineKind[] = [];

  constructor(slots: number) {
    this.slots = new WorkerSlots(slots);
  }

  plan(workers: number, ...kinds: readonly EngineKind[]): Staffing {
    return new Staffing({ kinds: new Set(kinds), workers }, {
      slots: this.slots,
      kindsInForce: new Set(this.inForce),
      isRunning: (slot) => this.running.has(slot),
      create: (slot, engine) => {
        this.running.add(slot);
        // Nothing else is read of a handle.
        return { slot, engine } as WorkerHandle;
      },
      end: ({ slot }) => {
        this.running.delete(slot);
        this.ended.push(slot);
      },
    });
  }

  /** Plans, starts and puts in force; returns the slots of those that were started. */
  staff(workers: number, ...kinds: readonly EngineKind[]): number[] {
    const started = this.plan(workers, ...kinds).start().map(({ slot }) => slot);
    this.inForce = kinds;
    return started;
  }
}

Deno.test("Staffing starts what is missing for as many workers as each engine needs", () => {
  const rig = new Rig(8);
  assertEquals(rig.staff(2, "native"), [0, 1]);
  assertEquals(rig.staff(2, "native", "streams"), [2, 3]);
  assertEquals(rig.staff(3, "native", "streams"), [4, 5]);
  assertEquals([rig.slots.of("native"), rig.slots.of("streams")], [[0, 1, 4], [2, 3, 5]]);
});

Deno.test("Staffing counts the latest workers as surplus, but those that are dead before them", () => {
  const rig = new Rig(8);
  rig.staff(4, "native");
  assertEquals([...rig.plan(2, "native").surplus], [2, 3]);
  rig.running.delete(1);
  assertEquals([...rig.plan(3, "native").surplus], [1]);
  assertEquals([...rig.plan(2, "native").surplus], [3, 1]);
  // Also of an engine that serves nothing any more.
  assertEquals([...rig.plan(3, "streams").surplus], [1]);
});

Deno.test("Staffing leaves a dead worker to its restart, unless all are dead", () => {
  const rig = new Rig(8);
  rig.staff(2, "native");
  rig.running.delete(0);
  assertEquals(rig.plan(2, "native").start(), []);
  rig.running.delete(1);
  assertEquals(rig.plan(2, "native").start().map(({ slot }) => slot), [0, 1]);
});

Deno.test("Staffing.discard() ends what was started and frees its slots", () => {
  const rig = new Rig(8);
  rig.staff(2, "native");
  const plan = rig.plan(3, "native", "streams");
  plan.start();
  assertEquals([rig.slots.of("native"), rig.slots.of("streams")], [[0, 1, 2], [3, 4, 5]]);
  plan.discard();
  assertEquals(rig.ended, [2, 3, 4, 5]);
  assertEquals([rig.slots.of("native"), rig.slots.engines], [[0, 1], ["native"]]);
  assertEquals(rig.staff(3, "native"), [2]);
});

Deno.test("Staffing refuses more workers than there are slots, and takes none", () => {
  const rig = new Rig(4);
  rig.staff(2, "native");
  assertThrows(() => rig.plan(3, "native", "streams"), RangeError, "no room for so many workers");
  assertEquals([rig.slots.of("native"), rig.slots.engines], [[0, 1], ["native"]]);
  assertEquals(rig.staff(2, "native", "streams"), [2, 3]);
});
