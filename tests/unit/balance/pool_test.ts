import { assert, assertEquals, assertThrows } from "@std/assert";
import { Ledger } from "../../../lib/balance/ledger.ts";
import { Lease } from "../../../lib/balance/lease.ts";
import { NONE_TRIED, Pool } from "../../../lib/balance/pool.ts";
import { Random } from "../../../lib/base/random.ts";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { ListenerSettings } from "../../../lib/config/settings.ts";
import { EJECTION, HEALTH, MODE } from "../../../lib/state/codes.ts";
import {
  BackendCell,
  BackendReading,
  BackendTally,
  ListenerCell,
} from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

const CLIENT = { addressHash: 42 };
const RESET = { hadInput: false, openMs: 0, clientKey: 1n };

function listenerOf(backends: string, algorithm = "round_robin"): ListenerSettings {
  const text = `[options]\nalgorithm = ${algorithm}\n[mappings]\n2000 = ${backends}\n`;
  const { settings } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  const listener = settings?.listeners[0];
  assert(listener !== undefined);
  return listener;
}

/** A pool as one worker has it; several of them on one state are several workers. */
function poolOf(listener: ListenerSettings, state = SharedState.create(2), slot = 0) {
  const rows = listener.backends.map((backend, row) => {
    state.setBackendCell(row, BackendCell.weight, backend.weight * 100);
    return row;
  });
  const heard: string[] = [];
  const ledger = new Ledger(state, slot, () => 1000, {
    takeTrial: (row) => {
      const { trialOpen, onTrial } = EJECTION;
      const isTaken = state.replaceBackendCell(row, BackendCell.ejection, trialOpen, onTrial);
      state.advanceEpoch();
      return isTaken;
    },
    succeeded: (row, onTrial) => heard.push(`${row} succeeded${onTrial ? " on trial" : ""}`),
    failed: (row, onTrial) => heard.push(`${row} failed${onTrial ? " on trial" : ""}`),
    connected: () => {},
    reset: (row, onTrial) => heard.push(`${row} reset${onTrial ? " on trial" : ""}`),
    abandoned: (row) => heard.push(`${row} abandoned`),
  });
  const inputs = { state, ledger, random: Random.fromSeed(1).next, now: () => 1000 };
  return { state, heard, pool: new Pool(listener, { listener: 0, backends: rows }, inputs) };
}

/** Takes a lease, which must be available. */
function leaseOf(pool: Pool, tried = NONE_TRIED): Lease {
  const lease = pool.acquire(CLIENT, tried);
  assert(lease instanceof Lease, `no lease: ${String(lease)}`);
  return lease;
}

function names(pool: Pool, count: number): string {
  return Array.from({ length: count }, () => {
    const lease = leaseOf(pool);
    lease.end("served");
    return lease.backend.name.replace("127.0.0.1:", "");
  }).join(" ");
}

Deno.test("Pool.acquire() keeps the smooth order over two workers", () => {
  const listener = listenerOf(
    "127.0.0.1:1:5, 127.0.0.1:2, 127.0.0.1:3",
    "weighted_round_robin",
  );
  const { state, pool } = poolOf(listener);
  const { pool: other } = poolOf(listener, state, 1);
  const both = [1, 2, 3, 4, 5, 6, 7].map((turn) => names(turn % 2 === 0 ? pool : other, 1));
  assertEquals(both.join(" "), "1 1 2 1 3 1 1");
});

Deno.test("Pool.acquire() counts the session until the lease ends", () => {
  const { state, pool } = poolOf(listenerOf("127.0.0.1:1"));
  const lease = leaseOf(pool);
  assertEquals(state.backendCell(0, BackendCell.active), 1);
  assertEquals(state.backendTally(0, 0, BackendTally.active), 1);
  lease.end("served");
  assertEquals(state.backendCell(0, BackendCell.active), 0);
  assertEquals(state.backendTally(0, 0, BackendTally.active), 0);
});

Deno.test("Pool.acquire() leaves out what was tried", () => {
  const { pool } = poolOf(listenerOf("127.0.0.1:1, 127.0.0.1:2"));
  assertEquals(leaseOf(pool, [0]).row, 1);
  assertEquals(leaseOf(pool, [1]).row, 0);
  assertEquals(pool.acquire(CLIENT, [0, 1]), "no_backend");
});

Deno.test("Pool.acquire() holds max_connections of a backend over two workers", () => {
  const listener = listenerOf("127.0.0.1:1 max_connections=2, 127.0.0.1:2 max_connections=1");
  const { state, pool } = poolOf(listener);
  const { pool: other } = poolOf(listener, state, 1);
  const leases = [leaseOf(pool), leaseOf(other), leaseOf(pool)];
  assertEquals(leases.map((lease) => lease.row).sort(), [0, 0, 1]);
  assertEquals(pool.acquire(CLIENT, NONE_TRIED), "all_full");
  assertEquals(other.acquire(CLIENT, NONE_TRIED), "all_full");
  leases[0]?.end("served");
  assertEquals(leaseOf(other).row, leases[0]?.row);
});

Deno.test("Pool.acquire() takes backups only while no primary is eligible", () => {
  const { state, pool } = poolOf(listenerOf("127.0.0.1:1, 127.0.0.1:2 backup"));
  assertEquals(names(pool, 3), "1 1 1");
  state.setBackendCell(0, BackendCell.health, HEALTH.down);
  state.advanceEpoch();
  assertEquals(names(pool, 2), "2 2");
  state.setBackendCell(0, BackendCell.health, HEALTH.up);
  state.advanceEpoch();
  assertEquals(names(pool, 2), "1 1");
});

Deno.test("Pool.acquire() takes a backup after the primaries were tried", () => {
  const { pool } = poolOf(listenerOf("127.0.0.1:1, 127.0.0.1:2 backup"));
  assertEquals(leaseOf(pool, [0]).row, 1);
});

for (
  const [what, cell, value] of [
    ["down", BackendCell.health, HEALTH.down],
    ["draining", BackendCell.mode, MODE.drain],
    ["in maintenance", BackendCell.mode, MODE.maintenance],
    ["ejected", BackendCell.ejection, EJECTION.ejected],
    ["without a weight", BackendCell.weight, 0],
  ] as const
) {
  Deno.test(`Pool.acquire() never takes a backend that is ${what}`, () => {
    const { state, pool } = poolOf(listenerOf("127.0.0.1:1, 127.0.0.1:2"));
    state.setBackendCell(0, cell, value);
    state.advanceEpoch();
    assertEquals(names(pool, 4), "2 2 2 2");
  });
}

Deno.test("Pool.acquire() says when all backends are down, and when none has a weight", () => {
  const { state, pool } = poolOf(listenerOf("127.0.0.1:1"));
  state.setBackendCell(0, BackendCell.health, HEALTH.down);
  state.advanceEpoch();
  assertEquals(pool.acquire(CLIENT, NONE_TRIED), "all_down");
  state.setBackendCell(0, BackendCell.weight, 0);
  state.advanceEpoch();
  assertEquals(pool.acquire(CLIENT, NONE_TRIED), "no_backend");
});

Deno.test("Pool.update() changes the algorithm and the members for the sessions to come", () => {
  const { state, pool } = poolOf(listenerOf("127.0.0.1:1, 127.0.0.1:2"));
  const before = leaseOf(pool);
  const listener = listenerOf("127.0.0.1:3:2, 127.0.0.1:2", "weighted_round_robin");
  state.setBackendCell(5, BackendCell.weight, 200);
  pool.update(listener, { listener: 0, backends: [5, 1] });
  state.setListenerCell(0, ListenerCell.cursor, 0);
  assertEquals(names(pool, 3), "3 2 3");
  before.end("served");
  assertEquals(state.backendCell(0, BackendCell.active), 0);
});

Deno.test("Lease.end() throws the second time", () => {
  const { pool } = poolOf(listenerOf("127.0.0.1:1"));
  const lease = leaseOf(pool);
  lease.end("served");
  assertThrows(
    () => lease.end("served"),
    Error,
    'The lease of "127.0.0.1:1" has ended already',
  );
});

Deno.test("Lease.end() counts each outcome where it belongs", () => {
  const { state, pool } = poolOf(listenerOf("127.0.0.1:1"));
  for (
    const outcome of [
      "served",
      "abandoned",
      "connect_failed",
      "connect_failed",
      "connect_timeout",
      RESET,
      "aborted",
    ] as const
  ) leaseOf(pool).end(outcome);
  const tally = (column: number) => state.backendTally(0, 0, column);
  assertEquals(tally(BackendTally.connectFailures), 2);
  assertEquals(tally(BackendTally.connectTimeouts), 1);
  assertEquals(tally(BackendTally.earlyResets), 1);
  assertEquals(tally(BackendTally.aborts), 1);
  assertEquals(tally(BackendTally.sessions), 0);
});

Deno.test("Lease.connected() counts a session and learns the connect time", () => {
  const { state, pool } = poolOf(listenerOf("127.0.0.1:1"));
  const lease = leaseOf(pool);
  lease.connected(20);
  lease.moved(3, 4);
  lease.moved(1, 1);
  lease.end("served");
  assertEquals(state.backendTally(0, 0, BackendTally.sessions), 1);
  assertEquals(state.backendTally(0, 0, BackendTally.connectTimeSumMs), 20);
  assertEquals(state.backendReading(0, BackendReading.connectTimeMs), 20);
  assertEquals(state.backendReading(0, BackendReading.connectTimeStampMs), 1000);
  assertEquals(state.backendTally(0, 0, BackendTally.bytesIn), 4);
  assertEquals(state.backendTally(0, 0, BackendTally.bytesOut), 5);
});

Deno.test("Pool.acquire() ignores ejections where they leave nobody", () => {
  const { state, pool } = poolOf(listenerOf("127.0.0.1:1, 127.0.0.1:2"));
  state.setBackendCell(0, BackendCell.ejection, EJECTION.ejected);
  state.setBackendCell(1, BackendCell.ejection, EJECTION.onTrial);
  state.advanceEpoch();
  assertEquals(names(pool, 4), "1 2 1 2");
});

Deno.test("Pool.acquire() takes no backend that was ejected in the very moment", () => {
  const { pool, state } = poolOf(listenerOf("127.0.0.1:1, 127.0.0.1:2"));
  for (const ejection of [EJECTION.ejected, EJECTION.onTrial]) {
    assertEquals(names(pool, 2).split("").sort().join(""), " 12");
    // Another worker has written this, but has not advanced the epoch yet.
    state.setBackendCell(0, BackendCell.ejection, ejection);
    assertEquals(names(pool, 3), "2 2 2");
    assertEquals(state.backendCell(0, BackendCell.active), 0);
    state.setBackendCell(0, BackendCell.ejection, EJECTION.none);
    state.advanceEpoch();
  }
});

Deno.test("Pool.acquire() takes an ejected backend where all are", () => {
  const { pool, state } = poolOf(listenerOf("127.0.0.1:1, 127.0.0.1:2"));
  state.setBackendCell(0, BackendCell.ejection, EJECTION.ejected);
  state.setBackendCell(1, BackendCell.ejection, EJECTION.onTrial);
  assertEquals(names(pool, 2).split("").sort().join(""), " 12");
});

Deno.test("Pool.acquire() gives one session the trial of a backend that was ejected", () => {
  const listener = listenerOf("127.0.0.1:1, 127.0.0.1:2");
  const { state, pool, heard } = poolOf(listener);
  const { pool: other } = poolOf(listener, state, 1);
  state.setBackendCell(0, BackendCell.ejection, EJECTION.trialOpen);
  state.advanceEpoch();
  const leases = [leaseOf(pool), leaseOf(other), leaseOf(pool), leaseOf(other)];
  assertEquals(leases.map(({ row }) => row), [0, 1, 1, 1]);
  leases[0]?.moved(10, 0);
  assertEquals(heard, []);
  leases[0]?.moved(0, 1);
  leases[0]?.moved(0, 1);
  leases[0]?.end("aborted");
  assertEquals(heard, ["0 succeeded on trial"]);
});

Deno.test("Lease.stoodTrial() passes the trial, and later outcomes do not count for one", () => {
  const { state, pool, heard } = poolOf(listenerOf("127.0.0.1:1, 127.0.0.1:2"));
  state.setBackendCell(0, BackendCell.ejection, EJECTION.trialOpen);
  state.advanceEpoch();
  const [onTrial, ordinary] = [leaseOf(pool), leaseOf(pool)];
  assertEquals([onTrial.isOnTrial, ordinary.isOnTrial], [true, false]);
  onTrial.stoodTrial();
  assertEquals(onTrial.isOnTrial, false);
  onTrial.end(RESET);
  assertEquals(heard, ["0 succeeded on trial", "0 reset"]);
});

for (
  const [outcome, heard] of [
    ["served", ["0 succeeded"]],
    ["aborted", ["0 succeeded"]],
    ["connect_failed", ["0 failed"]],
    ["connect_timeout", ["0 failed"]],
    [RESET, ["0 reset"]],
    ["abandoned", []],
  ] as const
) {
  const name = typeof outcome === "string" ? `"${outcome}"` : "an early reset";
  Deno.test(`Lease.end(${name}) tells ${heard[0] ?? "nothing"} of a backend`, () => {
    const { pool, heard: told } = poolOf(listenerOf("127.0.0.1:1"));
    leaseOf(pool).end(outcome);
    assertEquals(told, [...heard]);
  });
}

Deno.test("Pool.acquire() hashes what a backend is, not what it is called", () => {
  const backends = Array.from({ length: 20 }, (_, index) => `127.0.0.1:${index + 1}`);
  const ports = ["", "blue", "green"].map((label) => {
    const named = backends.map((backend, at) =>
      label === "" ? backend : `${label}${at * 7 % 20}@${backend}`
    );
    const { pool } = poolOf(listenerOf(named.join(", "), "source_hash"));
    return Array.from({ length: 500 }, (_, addressHash) => {
      const lease = pool.acquire({ addressHash }, NONE_TRIED);
      assert(lease instanceof Lease);
      lease.end("served");
      return lease.backend.address.port;
    });
  });
  assertEquals(ports[1], ports[0]);
  assertEquals(ports[2], ports[0]);
});
