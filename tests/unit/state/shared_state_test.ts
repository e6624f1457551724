import { assertEquals, assertLess, assertNotEquals } from "@std/assert";
import {
  BackendCell,
  BackendReading,
  BackendTally,
  ListenerCell,
  ListenerTally,
  PoolCell,
  PoolTally,
} from "../../../lib/state/counters.ts";
import { WorkerCell, WorkerTally } from "../../../lib/state/worker_counters.ts";
import { BACKEND_ROWS, LISTENER_ROWS, POOL_ROWS, WORKER_SLOTS } from "../../../lib/state/layout.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { bucketTime, tokenRate } from "../../../lib/state/token_bucket.ts";

Deno.test("SharedState.attach() sees what another view of the memory wrote", () => {
  const ours = SharedState.create(3);
  const theirs = SharedState.attach(ours.buffer);
  ours.setBackendCell(7, BackendCell.weight, 300);
  ours.setBackendReading(7, BackendReading.connectTimeMs, 1.5);
  ours.addListenerTally(2, 4, ListenerTally.accepted, 1);
  assertEquals(theirs.backendCell(7, BackendCell.weight), 300);
  assertEquals(theirs.backendReading(7, BackendReading.connectTimeMs), 1.5);
  assertEquals(theirs.listenerTally(2, 4, ListenerTally.accepted), 1);
  assertEquals(theirs.layout.workerSlots, 3);
});

Deno.test("SharedState keeps every figure at a place of its own", () => {
  const slots = 2;
  const state = SharedState.create(slots);
  const backendRows = [0, 1, BACKEND_ROWS - 1];
  const listenerRows = [0, 1, LISTENER_ROWS - 1];
  const poolRows = [0, 1, POOL_ROWS - 1];
  // Each place gets a value of its own; reading all of them back shows that none overlaps another.
  const figures: { write: (value: number) => void; read: () => number }[] = [];
  for (const row of backendRows) {
    for (const cell of Object.values(BackendCell)) {
      figures.push({
        write: (value) => state.setBackendCell(row, cell, value),
        read: () => state.backendCell(row, cell),
      });
    }
    for (const reading of Object.values(BackendReading)) {
      figures.push({
        write: (value) => state.setBackendReading(row, reading, value),
        read: () => state.backendReading(row, reading),
      });
    }
  }
  for (const row of listenerRows) {
    for (const cell of Object.values(ListenerCell)) {
      figures.push({
        write: (value) => state.setListenerCell(row, cell, value),
        read: () => state.listenerCell(row, cell),
      });
    }
  }
  for (const row of poolRows) {
    for (const cell of Object.values(PoolCell)) {
      figures.push({
        write: (value) => state.pools.addToCell(row, cell, value),
        read: () => state.pools.cell(row, cell),
      });
    }
  }
  for (let slot = 0; slot < slots; slot++) {
    for (const cell of Object.values(WorkerCell)) {
      figures.push({
        write: (value) => state.setWorkerCell(slot, cell, value),
        read: () => state.workerCell(slot, cell),
      });
    }
    for (const tally of Object.values(WorkerTally)) {
      figures.push({
        write: (value) => state.addWorkerTally(slot, tally, value),
        read: () => state.workerTally(slot, tally),
      });
    }
    for (const row of backendRows) {
      for (const tally of Object.values(BackendTally)) {
        figures.push({
          write: (value) => state.addBackendTally(slot, row, tally, value),
          read: () => state.backendTally(slot, row, tally),
        });
      }
    }
    for (const row of listenerRows) {
      for (const tally of Object.values(ListenerTally)) {
        figures.push({
          write: (value) => state.addListenerTally(slot, row, tally, value),
          read: () => state.listenerTally(slot, row, tally),
        });
      }
    }
    for (const row of poolRows) {
      for (const tally of Object.values(PoolTally)) {
        figures.push({
          write: (value) => state.pools.addToTally(slot, row, tally, value),
          read: () => state.pools.tally(slot, row, tally),
        });
      }
    }
  }
  figures.forEach(({ write }, index) => write(index + 1));
  assertEquals(figures.map(({ read }) => read()), figures.map((_, index) => index + 1));
});

Deno.test("SharedState.addBackendCell() gives the value before", () => {
  const state = SharedState.create(1);
  assertEquals(state.addBackendCell(0, BackendCell.active, 2), 0);
  assertEquals(state.addBackendCell(0, BackendCell.active, -1), 2);
  assertEquals(state.backendCell(0, BackendCell.active), 1);
});

Deno.test("SharedState.replaceBackendCell() replaces only what was expected", () => {
  const state = SharedState.create(1);
  assertEquals(state.replaceBackendCell(0, BackendCell.ejection, 1, 2), false);
  assertEquals(state.replaceBackendCell(0, BackendCell.ejection, 0, 2), true);
  assertEquals(state.backendCell(0, BackendCell.ejection), 2);
});

Deno.test("SharedState.advanceEpoch() changes the epoch", () => {
  const state = SharedState.create(1);
  const before = state.epoch;
  state.advanceEpoch();
  assertNotEquals(state.epoch, before);
});

Deno.test("SharedState.releaseWorker() takes a dead worker's sessions out and keeps its totals", () => {
  const state = SharedState.create(2);
  for (const slot of [0, 1]) {
    state.addBackendCell(5, BackendCell.active, slot + 1);
    state.addBackendTally(slot, 5, BackendTally.active, slot + 1);
    state.addBackendTally(slot, 5, BackendTally.sessions, 10);
    state.addListenerCell(3, ListenerCell.active, slot + 1);
    state.addListenerTally(slot, 3, ListenerTally.active, slot + 1);
  }
  state.releaseWorker(1);
  assertEquals(state.backendCell(5, BackendCell.active), 1);
  assertEquals(state.listenerCell(3, ListenerCell.active), 1);
  assertEquals(state.backendTally(1, 5, BackendTally.active), 0);
  assertEquals(state.backendTally(1, 5, BackendTally.sessions), 10);
  state.releaseWorker(1);
  assertEquals(state.backendCell(5, BackendCell.active), 1);
});

Deno.test("SharedState.clearBackendRow() clears one row in every worker's tallies", () => {
  const state = SharedState.create(2);
  for (const row of [1, 2]) {
    state.setBackendCell(row, BackendCell.weight, 100);
    state.setBackendReading(row, BackendReading.connectTimeMs, 9);
    for (const slot of [0, 1]) state.addBackendTally(slot, row, BackendTally.bytesIn, 8);
  }
  state.clearBackendRow(1);
  assertEquals(state.backendCell(1, BackendCell.weight), 0);
  assertEquals(state.backendReading(1, BackendReading.connectTimeMs), 0);
  assertEquals(state.backendTally(1, 1, BackendTally.bytesIn), 0);
  assertEquals(state.backendCell(2, BackendCell.weight), 100);
  assertEquals(state.backendTally(1, 2, BackendTally.bytesIn), 8);
});

Deno.test("SharedState.clearListenerRow() clears one row in every worker's tallies", () => {
  const state = SharedState.create(2);
  for (const row of [1, 2]) {
    state.setListenerCell(row, ListenerCell.active, 5);
    for (const slot of [0, 1]) state.addListenerTally(slot, row, ListenerTally.accepted, 8);
  }
  state.clearListenerRow(1);
  assertEquals(state.listenerCell(1, ListenerCell.active), 0);
  assertEquals(state.listenerTally(1, 1, ListenerTally.accepted), 0);
  assertEquals(state.listenerCell(2, ListenerCell.active), 5);
  assertEquals(state.listenerTally(1, 2, ListenerTally.accepted), 8);
});

Deno.test("SharedState.raiseListenerCell() stops at the limit", () => {
  const state = SharedState.create(1);
  const raised = [1, 2, 3].map(() => state.raiseListenerCell(4, ListenerCell.active, 2));
  assertEquals(raised, [true, true, false]);
  assertEquals(state.listenerCell(4, ListenerCell.active), 2);
});

Deno.test("SharedState.clearListenerRow() fills the listener's bucket again", () => {
  const state = SharedState.create(1);
  const rate = tokenRate(1);
  const nowNs = bucketTime(1_800_000_000_000);
  const take = (): boolean => state.takeListenerToken(4, rate, nowNs);
  assertEquals([take(), take()], [true, false]);
  state.returnListenerToken(4, rate);
  assertEquals([take(), take()], [true, false]);
  state.clearListenerRow(4);
  assertEquals(take(), true);
});

Deno.test("SharedState.clearListenerRow() clears nothing of the pool in the row of that number", () => {
  const state = SharedState.create(2);
  const row = LISTENER_ROWS - 1;
  state.pools.addToCell(row, PoolCell.active, 7);
  state.pools.queueMarks.set(0, row, 3, 1_000, 5_000);
  state.clearListenerRow(row);
  assertEquals(state.pools.cell(row, PoolCell.active), 7);
  assertEquals(state.pools.queueMarks.hasEarlier(1, row, 4, 1_000, 0), true);
});

Deno.test("SharedState.releaseWorker() takes a dead worker's sockets and waiting clients out", () => {
  const state = SharedState.create(2);
  for (const slot of [0, 1]) state.addListenerTally(slot, 3, ListenerTally.sockets, 1);
  state.pools.queueMarks.set(0, 3, 1, 1_000, 5_000);
  assertEquals(state.listenerTallySum(3, ListenerTally.sockets), 2);
  state.releaseWorker(0);
  assertEquals(state.listenerTallySum(3, ListenerTally.sockets), 1);
  assertEquals(state.pools.queueMarks.hasEarlier(1, 3, 2, 1_000, 0), false);
});

Deno.test("SharedState.releaseWorker() takes back what a worker wrote that ended late", () => {
  const state = SharedState.create(1);
  const take = (amount: number) => {
    state.addBackendCell(3, BackendCell.active, amount);
    state.addBackendTally(0, 3, BackendTally.active, amount);
    state.addListenerCell(2, ListenerCell.active, amount);
    state.addListenerTally(0, 2, ListenerTally.active, amount);
    state.pools.addToCell(4, PoolCell.active, amount);
    state.pools.addToTally(0, 4, PoolTally.active, amount);
  };
  take(5);
  state.releaseWorker(0);
  // A thread that is told to end continues for a moment: sessions end, and others begin.
  take(-5);
  take(2);
  state.releaseWorker(0);
  assertEquals(state.backendCell(3, BackendCell.active), 0);
  assertEquals(state.backendTally(0, 3, BackendTally.active), 0);
  assertEquals(state.listenerCell(2, ListenerCell.active), 0);
  assertEquals(state.listenerTally(0, 2, ListenerTally.active), 0);
  assertEquals(state.pools.cell(4, PoolCell.active), 0);
  assertEquals(state.pools.tally(0, 4, PoolTally.active), 0);
});

Deno.test("SharedState sums up the slots that have had a worker, and the main thread's", () => {
  const state = SharedState.create(5, 0);
  const theirs = SharedState.attach(state.buffer);
  const sums = new Float64Array(BackendTally.bytesIn + 1);
  const sum = () => {
    theirs.sumBackendTallies(7, sums);
    return [sums[BackendTally.bytesIn], theirs.listenerTallySum(7, ListenerTally.accepted)];
  };
  for (const slot of [0, 1, 2, 3, 4]) {
    state.addBackendTally(slot, 7, BackendTally.bytesIn, 10 ** slot);
    state.addListenerTally(slot, 7, ListenerTally.accepted, 10 ** slot);
  }
  assertEquals(sum(), [10_000, 10_000]);
  state.useWorkerSlot(0);
  assertEquals(sum(), [10_001, 10_001]);
  state.useWorkerSlot(2);
  state.useWorkerSlot(1);
  assertEquals(sum(), [10_111, 10_111]);
});

Deno.test("SharedState takes no memory for slots that are not used", () => {
  const before = Deno.memoryUsage().rss;
  const state = SharedState.create(WORKER_SLOTS, 0);
  state.useWorkerSlot(0);
  const sums = new Float64Array(8);
  for (let row = 0; row < BACKEND_ROWS; row++) {
    state.sumBackendTallies(row, sums);
    state.clearBackendRow(row);
  }
  for (let row = 0; row < LISTENER_ROWS; row++) {
    state.sumListenerTallies(row, sums);
    state.clearListenerRow(row);
  }
  // Rows, and the stripes of the first slot and of the main thread, are a fortieth of it.
  assertLess(Deno.memoryUsage().rss - before, state.layout.byteLength / 10);
});
