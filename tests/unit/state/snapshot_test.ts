import { assertEquals } from "@std/assert";
import {
  BACKEND_CELLS,
  BACKEND_READINGS,
  BACKEND_TALLIES,
  BackendCell,
  BackendTally,
  LISTENER_CELLS,
  LISTENER_TALLIES,
  ListenerCell,
  ListenerTally,
  POOL_CELLS,
  POOL_TALLIES,
  PoolCell,
  PoolTally,
} from "../../../lib/state/counters.ts";
import { WORKER_CELLS, WORKER_TALLIES, WorkerTally } from "../../../lib/state/worker_counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { takeSnapshot } from "../../../lib/state/snapshot.ts";

Deno.test("figures of one kind have names of their own, but for a whole and its shares", () => {
  const kinds = [
    [BACKEND_TALLIES, BACKEND_CELLS, BACKEND_READINGS],
    [LISTENER_TALLIES, LISTENER_CELLS],
    [POOL_TALLIES, POOL_CELLS],
    [WORKER_TALLIES, WORKER_CELLS],
  ];
  for (const tables of kinds) {
    const names = tables.flatMap((table) => Object.keys(table));
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    assertEquals(twice.filter((name) => name !== "active"), []);
  }
});

Deno.test("takeSnapshot() sums over all workers, those that have ended too", () => {
  const state = SharedState.create(3);
  for (const slot of [0, 1, 2]) {
    state.addBackendTally(slot, 4, BackendTally.bytesIn, 10 ** slot);
    state.addListenerTally(slot, 2, ListenerTally.accepted, slot);
    state.pools.addToTally(slot, 6, PoolTally.queuedInAll, 10 ** slot);
    state.addWorkerTally(slot, WorkerTally.acceptErrors, slot);
  }
  state.setBackendCell(4, BackendCell.active, 7);
  state.addBackendTally(1, 4, BackendTally.active, 5);
  state.setListenerCell(2, ListenerCell.active, 9);
  state.pools.addToCell(6, PoolCell.active, 8);
  state.pools.addToTally(1, 6, PoolTally.active, 5);
  const { listeners, pools, workers } = takeSnapshot(state, {
    listeners: [{ key: "2000", row: 2 }],
    pools: [{ name: "web", row: 6, backends: [{ name: "a", row: 4 }] }],
    workers: [1],
  });
  assertEquals(listeners[0]?.key, "2000");
  assertEquals(listeners[0]?.figures.accepted, 3);
  assertEquals(listeners[0]?.figures.active, 9);
  assertEquals(pools[0]?.name, "web");
  assertEquals(pools[0]?.figures.queuedInAll, 111);
  assertEquals(pools[0]?.backends[0]?.name, "a");
  assertEquals(pools[0]?.backends[0]?.figures.bytesIn, 111);
  // The shared count, and not the sum of the workers' shares of it.
  assertEquals(pools[0]?.figures.active, 8);
  assertEquals(pools[0]?.backends[0]?.figures.active, 7);
  assertEquals(workers.map(({ slot, figures }) => [slot, figures.acceptErrors]), [[1, 1]]);
});
