import { assertEquals } from "@std/assert";
import { BackendCell, ListenerCell, PoolCell, PoolTally } from "../../../lib/state/counters.ts";
import { WorkerTally } from "../../../lib/state/worker_counters.ts";
import { POOL_ROWS } from "../../../lib/state/layout.ts";
import type { PoolRows } from "../../../lib/state/pool_rows.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

const ROW = POOL_ROWS - 1;

/** Counts sessions of a worker: some with backends, and some that wait. */
function count(pools: PoolRows, slot: number, row: number, active: number, queued: number): void {
  pools.addToCell(row, PoolCell.active, active);
  pools.addToTally(slot, row, PoolTally.active, active);
  pools.addToCell(row, PoolCell.queued, queued);
  pools.addToTally(slot, row, PoolTally.queuedHere, queued);
  pools.addToTally(slot, row, PoolTally.queuedInAll, queued);
}

function cells(pools: PoolRows, row: number): number[] {
  return Object.values(PoolCell).map((cell) => pools.cell(row, cell));
}

function tallies(pools: PoolRows, slot: number, row: number): number[] {
  return Object.values(PoolTally).map((tally) => pools.tally(slot, row, tally));
}

Deno.test("PoolRows of all threads are the same", () => {
  const state = SharedState.create(2);
  const theirs = SharedState.attach(state.buffer).pools;
  state.pools.addToCell(ROW, PoolCell.cursor, 5);
  state.pools.addToTally(1, ROW, PoolTally.queuedInAll, 2);
  state.pools.queueMarks.set(0, ROW, 3, 1_000, 5_000);
  assertEquals(theirs.cell(ROW, PoolCell.cursor), 5);
  assertEquals(theirs.tally(1, ROW, PoolTally.queuedInAll), 2);
  assertEquals(theirs.queueMarks.hasEarlier(1, ROW, 4, 1_000, 0), true);
});

Deno.test("PoolRows.addToCell() returns the value before", () => {
  const { pools } = SharedState.create(1);
  const before = [3, -1].map((amount) => pools.addToCell(ROW, PoolCell.active, amount));
  assertEquals([before, pools.cell(ROW, PoolCell.active)], [[0, 3], 2]);
});

Deno.test("PoolRows.raiseCell() stops at the limit", () => {
  const { pools } = SharedState.create(1);
  const raised = [1, 2, 3].map(() => pools.raiseCell(ROW, PoolCell.queued, 2));
  assertEquals([raised, pools.cell(ROW, PoolCell.queued)], [[true, true, false], 2]);
  assertEquals(pools.cell(ROW - 1, PoolCell.queued), 0);
});

Deno.test("PoolRows.tallySum() adds up all workers, and only one pool", () => {
  const { pools } = SharedState.create(3);
  for (const slot of [0, 1, 2]) {
    pools.addToTally(slot, ROW, PoolTally.queuedInAll, 10 ** slot);
    pools.addToTally(slot, ROW - 1, PoolTally.queuedInAll, 5);
  }
  assertEquals(pools.tallySum(ROW, PoolTally.queuedInAll), 111);
  assertEquals(pools.tallySum(ROW, PoolTally.active), 0);
});

Deno.test("PoolRows.release() subtracts what a dead worker had, in every pool, and keeps its totals", () => {
  const { pools } = SharedState.create(2);
  for (const row of [0, ROW]) {
    count(pools, 0, row, 2, 1);
    count(pools, 1, row, 4, 3);
  }
  pools.queueMarks.set(1, ROW, 3, 1_000, 5_000);
  // The second time there is nothing left to subtract.
  for (const _ of [1, 2]) {
    pools.release(1);
    for (const row of [0, ROW]) {
      assertEquals([pools.cell(row, PoolCell.active), pools.cell(row, PoolCell.queued)], [2, 1]);
      assertEquals(tallies(pools, 0, row), [2, 1, 1]);
      assertEquals(tallies(pools, 1, row), [0, 3, 0]);
    }
  }
  assertEquals(pools.queueMarks.hasEarlier(0, ROW, 4, 1_000, 0), false);
});

Deno.test("PoolRows.release() leaves the marks of the other workers", () => {
  const { pools } = SharedState.create(2);
  pools.queueMarks.set(0, ROW, 3, 1_000, 5_000);
  pools.release(1);
  assertEquals(pools.queueMarks.hasEarlier(1, ROW, 4, 1_000, 0), true);
});

Deno.test("PoolRows.clear() clears one row, in every worker's tallies and marks", () => {
  const { pools } = SharedState.create(2);
  for (const row of [ROW - 1, ROW]) {
    for (const cell of Object.values(PoolCell)) pools.addToCell(row, cell, 7);
    for (const slot of [0, 1]) {
      for (const tally of Object.values(PoolTally)) pools.addToTally(slot, row, tally, 7);
      pools.queueMarks.set(slot, row, 3, 1_000, 5_000);
    }
  }
  pools.clear(ROW);
  const all = [cells(pools, ROW), tallies(pools, 0, ROW), tallies(pools, 1, ROW)].flat();
  assertEquals(all.filter((figure) => figure !== 0), []);
  const others = [cells(pools, ROW - 1), tallies(pools, 0, ROW - 1), tallies(pools, 1, ROW - 1)];
  assertEquals(others.flat().filter((figure) => figure !== 7), []);
  const waiting = [ROW - 1, ROW].map((row) => pools.queueMarks.hasEarlier(1, row, 4, 1_000, 0));
  assertEquals(waiting, [true, false]);
});

Deno.test("PoolRows.clear() clears nothing of other kinds", () => {
  const state = SharedState.create(2);
  state.setBackendCell(0, BackendCell.active, 5);
  state.setListenerCell(0, ListenerCell.active, 5);
  for (const slot of [0, 1]) state.addWorkerTally(slot, WorkerTally.sessions, 7);
  for (const row of [0, ROW]) state.pools.clear(row);
  assertEquals(state.backendCell(0, BackendCell.active), 5);
  assertEquals(state.listenerCell(0, ListenerCell.active), 5);
  assertEquals([0, 1].map((slot) => state.workerTally(slot, WorkerTally.sessions)), [7, 7]);
});
