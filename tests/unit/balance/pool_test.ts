import { assert, assertEquals, assertThrows } from "@std/assert";
import { Ledger, type OutcomeWatcher } from "../../../lib/balance/ledger.ts";
import { Lease } from "../../../lib/balance/lease.ts";
import { NONE_TRIED, Pool } from "../../../lib/balance/pool.ts";
import { Random } from "../../../lib/base/random.ts";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { PoolSettings } from "../../../lib/config/settings.ts";
import { EJECTION, HEALTH, MODE } from "../../../lib/state/codes.ts";
import {
  BackendCell,
  BackendReading,
  BackendTally,
  PoolCell,
  PoolTally,
} from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

const CLIENT = { addressHash: 42 };
/** Unlike those of the backends, so that none of them is mistaken for it. */
const POOL_ROW = 3;
const RESET = { hadInput: false, openMs: 0, clientKey: 1n };

function poolOf(backends: string, algorithm = "round_robin"): PoolSettings {
  const text = `[options]\nalgorithm = ${algorithm}\n[mappings]\n2000 = ${backends}\n`;
  const { settings } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  const pool = settings?.pools[0];
  assert(pool !== undefined);
  return pool;
}

/** A pool as one worker has it; several of them on one state are several workers. */
function rigOf(settings: PoolSettings, state = SharedState.create(2), slot = 0) {
  const backendRows = settings.backends.map((backend, row) => {
    state.setBackendCell(row, BackendCell.weight, backend.weight * 100);
    return row;
  });
  const heard: string[] = [];
  const watcher: OutcomeWatcher = {
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
  };
  const now = () => 1000;
  const ledger = new Ledger({ state, slot, poolRow: POOL_ROW, now, watcher });
  const inputs = { state, ledger, random: Random.fromSeed(1).next, now };
  const plan = { settings, row: POOL_ROW, backendRows };
  return { state, heard, pool: new Pool(plan, inputs) };
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
  const settings = poolOf(
    "127.0.0.1:1:5, 127.0.0.1:2, 127.0.0.1:3",
    "weighted_round_robin",
  );
  const { state, pool } = rigOf(settings);
  const { pool: other } = rigOf(settings, state, 1);
  const both = [1, 2, 3, 4, 5, 6, 7].map((turn) => names(turn % 2 === 0 ? pool : other, 1));
  assertEquals(both.join(" "), "1 1 2 1 3 1 1");
});

Deno.test("Pool.acquire() counts the session until the lease ends", () => {
  const { state, pool } = rigOf(poolOf("127.0.0.1:1"));
  const figures = () => [
    state.backendCell(0, BackendCell.active),
    state.backendTally(0, 0, BackendTally.active),
    state.pools.cell(POOL_ROW, PoolCell.active),
    state.pools.tally(0, POOL_ROW, PoolTally.active),
  ];
  const lease = leaseOf(pool);
  assertEquals(figures(), [1, 1, 1, 1]);
  lease.end("served");
  assertEquals(figures(), [0, 0, 0, 0]);
});

Deno.test("Pool.acquire() counts the sessions of all backends and workers in the pool", () => {
  const settings = poolOf("127.0.0.1:1, 127.0.0.1:2");
  const { state, pool } = rigOf(settings);
  const { pool: other } = rigOf(settings, state, 1);
  const active = () => state.pools.cell(POOL_ROW, PoolCell.active);
  const here = () => [0, 1].map((slot) => state.pools.tally(slot, POOL_ROW, PoolTally.active));
  const outcomes = [
    ...["served", "aborted", "connect_failed", "connect_timeout", "no_port", "abandoned"] as const,
    RESET,
  ];
  const leases = outcomes.map((_, turn) => leaseOf(turn % 3 === 0 ? other : pool));
  assertEquals([active(), here()], [7, [4, 3]]);
  // However a session ends, it is counted out.
  leases.forEach((lease, turn) => lease.end(outcomes[turn] ?? RESET));
  assertEquals([active(), here()], [0, [0, 0]]);
});

Deno.test("Pool.acquire() leaves out what was tried", () => {
  const { pool } = rigOf(poolOf("127.0.0.1:1, 127.0.0.1:2"));
  assertEquals(leaseOf(pool, [0]).row, 1);
  assertEquals(leaseOf(pool, [1]).row, 0);
  assertEquals(pool.acquire(CLIENT, [0, 1]), "no_backend");
});

Deno.test("Pool.acquire() holds max_connections of a backend over two workers", () => {
  const settings = poolOf("127.0.0.1:1 max_connections=2, 127.0.0.1:2 max_connections=1");
  const { state, pool } = rigOf(settings);
  const { pool: other } = rigOf(settings, state, 1);
  const leases = [leaseOf(pool), leaseOf(other), leaseOf(pool)];
  assertEquals(leases.map((lease) => lease.row).sort(), [0, 0, 1]);
  assertEquals(pool.acquire(CLIENT, NONE_TRIED), "all_full");
  assertEquals(other.acquire(CLIENT, NONE_TRIED), "all_full");
  leases[0]?.end("served");
  assertEquals(leaseOf(other).row, leases[0]?.row);
});

Deno.test("Pool.acquire() holds max_sessions of the pool over all backends and workers", () => {
  const settings = { ...poolOf("127.0.0.1:1, 127.0.0.1:2, 127.0.0.1:3"), maxSessions: 2 };
  const { state, pool } = rigOf(settings);
  const { pool: other } = rigOf(settings, state, 1);
  const active = () => state.pools.cell(POOL_ROW, PoolCell.active);
  const first = leaseOf(pool);
  const second = leaseOf(other);
  // Whoever finds no place uses up no backend's turn, and is counted nowhere.
  for (const one of [pool, other]) assertEquals(one.acquire(CLIENT, NONE_TRIED), "all_full");
  assertEquals([active(), state.pools.cell(POOL_ROW, PoolCell.cursor)], [2, 2]);
  first.end("served");
  assertEquals([first.row, second.row, leaseOf(other).row], [0, 1, 2]);
  assertEquals(active(), 2);
  pool.update({ settings: { ...settings, maxSessions: 0 }, row: POOL_ROW, backendRows: [0, 1, 2] });
  assertEquals([leaseOf(pool).row, active()], [0, 3]);
});

Deno.test("Pool.acquire() returns the pool's place where no backend has one", () => {
  const { state, pool } = rigOf({ ...poolOf("127.0.0.1:1"), maxSessions: 1 });
  state.setBackendCell(0, BackendCell.health, HEALTH.down);
  state.advanceEpoch();
  for (const _ of [1, 2]) assertEquals(pool.acquire(CLIENT, NONE_TRIED), "all_down");
  assertEquals(state.pools.cell(POOL_ROW, PoolCell.active), 0);
  assertEquals(state.pools.tally(0, POOL_ROW, PoolTally.active), 0);
  state.setBackendCell(0, BackendCell.health, HEALTH.up);
  state.advanceEpoch();
  assertEquals(leaseOf(pool).row, 0);
});

Deno.test("Pool.acquire() takes backups only while no primary is eligible", () => {
  const { state, pool } = rigOf(poolOf("127.0.0.1:1, 127.0.0.1:2 backup"));
  assertEquals(names(pool, 3), "1 1 1");
  state.setBackendCell(0, BackendCell.health, HEALTH.down);
  state.advanceEpoch();
  assertEquals(names(pool, 2), "2 2");
  state.setBackendCell(0, BackendCell.health, HEALTH.up);
  state.advanceEpoch();
  assertEquals(names(pool, 2), "1 1");
});

Deno.test("Pool.acquire() takes a backup after the primaries were tried", () => {
  const { pool } = rigOf(poolOf("127.0.0.1:1, 127.0.0.1:2 backup"));
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
    const { state, pool } = rigOf(poolOf("127.0.0.1:1, 127.0.0.1:2"));
    state.setBackendCell(0, cell, value);
    state.advanceEpoch();
    assertEquals(names(pool, 4), "2 2 2 2");
  });
}

Deno.test("Pool.acquire() says when all backends are down, and when none has a weight", () => {
  const { state, pool } = rigOf(poolOf("127.0.0.1:1"));
  state.setBackendCell(0, BackendCell.health, HEALTH.down);
  state.advanceEpoch();
  assertEquals(pool.acquire(CLIENT, NONE_TRIED), "all_down");
  state.setBackendCell(0, BackendCell.weight, 0);
  state.advanceEpoch();
  assertEquals(pool.acquire(CLIENT, NONE_TRIED), "no_backend");
});

Deno.test("Pool.update() changes the algorithm and the members for the sessions to come", () => {
  const { state, pool } = rigOf(poolOf("127.0.0.1:1, 127.0.0.1:2"));
  const before = leaseOf(pool);
  const settings = poolOf("127.0.0.1:3:2, 127.0.0.1:2", "weighted_round_robin");
  state.setBackendCell(5, BackendCell.weight, 200);
  pool.update({ settings, row: POOL_ROW, backendRows: [5, 1] });
  state.pools.addToCell(POOL_ROW, PoolCell.cursor, -state.pools.cell(POOL_ROW, PoolCell.cursor));
  assertEquals(names(pool, 3), "3 2 3");
  before.end("served");
  assertEquals(state.backendCell(0, BackendCell.active), 0);
  assertEquals(state.pools.cell(POOL_ROW, PoolCell.active), 0);
});

Deno.test("Lease.end() throws the second time", () => {
  const { pool } = rigOf(poolOf("127.0.0.1:1"));
  const lease = leaseOf(pool);
  lease.end("served");
  assertThrows(
    () => lease.end("served"),
    Error,
    'The lease of "127.0.0.1:1" has ended already',
  );
});

Deno.test("Lease.end() counts each outcome where it belongs", () => {
  const { state, pool } = rigOf(poolOf("127.0.0.1:1"));
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
  const { state, pool } = rigOf(poolOf("127.0.0.1:1"));
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
  const { state, pool } = rigOf(poolOf("127.0.0.1:1, 127.0.0.1:2"));
  state.setBackendCell(0, BackendCell.ejection, EJECTION.ejected);
  state.setBackendCell(1, BackendCell.ejection, EJECTION.onTrial);
  state.advanceEpoch();
  assertEquals(names(pool, 4), "1 2 1 2");
});

Deno.test("Pool.acquire() takes no backend that was ejected in the very moment", () => {
  const { pool, state } = rigOf(poolOf("127.0.0.1:1, 127.0.0.1:2"));
  for (const ejection of [EJECTION.ejected, EJECTION.onTrial]) {
    assertEquals(names(pool, 2).split("").sort().join(""), " 12");
    // Another worker has written this, but has not advanced the epoch yet.
    state.setBackendCell(0, BackendCell.ejection, ejection);
    assertEquals(names(pool, 3), "2 2 2");
    assertEquals(state.backendCell(0, BackendCell.active), 0);
    assertEquals(state.pools.cell(POOL_ROW, PoolCell.active), 0);
    state.setBackendCell(0, BackendCell.ejection, EJECTION.none);
    state.advanceEpoch();
  }
});

Deno.test("Pool.acquire() takes an ejected backend where all are", () => {
  const { pool, state } = rigOf(poolOf("127.0.0.1:1, 127.0.0.1:2"));
  state.setBackendCell(0, BackendCell.ejection, EJECTION.ejected);
  state.setBackendCell(1, BackendCell.ejection, EJECTION.onTrial);
  assertEquals(names(pool, 2).split("").sort().join(""), " 12");
});

Deno.test("Pool.acquire() gives one session the trial of a backend that was ejected", () => {
  const settings = poolOf("127.0.0.1:1, 127.0.0.1:2");
  const { state, pool, heard } = rigOf(settings);
  const { pool: other } = rigOf(settings, state, 1);
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
  const { state, pool, heard } = rigOf(poolOf("127.0.0.1:1, 127.0.0.1:2"));
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
    const { pool, heard: told } = rigOf(poolOf("127.0.0.1:1"));
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
    const { pool } = rigOf(poolOf(named.join(", "), "source_hash"));
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

Deno.test("Pool.acquire() passes the averages to the algorithm as they count now", () => {
  const state = SharedState.create(2);
  const { pool } = rigOf(poolOf("127.0.0.1:1, 127.0.0.1:2", "least_time"), state);
  const { firstByteTimeMs, firstByteTimeStampMs } = BackendReading;
  for (const [row, timeMs, ageMs] of [[0, 10, 0], [1, 12, 0]] as const) {
    state.setBackendReading(row, firstByteTimeMs, timeMs);
    state.setBackendReading(row, firstByteTimeStampMs, 1000 - ageMs);
  }
  assertEquals(names(pool, 3), "1 1 1");
  // 12 ms have decayed to less than 10.
  state.setBackendReading(1, firstByteTimeStampMs, 1000 - 3000);
  assertEquals(names(pool, 3), "2 2 2");
});

Deno.test("Pool.acquire() takes no backend that its agent has down", () => {
  const { state, pool } = rigOf(poolOf("127.0.0.1:1, 127.0.0.1:2"));
  state.setBackendCell(0, BackendCell.agentDown, 1);
  state.advanceEpoch();
  assertEquals(names(pool, 2), "2 2");
  state.setBackendCell(1, BackendCell.agentDown, 1);
  state.advanceEpoch();
  assertEquals(pool.acquire(CLIENT, NONE_TRIED), "all_down");
});

Deno.test("Pool.acquire() holds the limit that an agent has set in place of the file's", () => {
  const { state, pool } = rigOf(poolOf("127.0.0.1:1 max_connections=2"));
  const count = () => {
    const leases = Array.from({ length: 5 }, () => pool.acquire(CLIENT, NONE_TRIED))
      .filter((each) => each instanceof Lease);
    for (const lease of leases) lease.end("served");
    return leases.length;
  };
  const counts = [count()];
  // 1 more than the limit, as 0 means that the agent has set none; and a limit of 0 is none.
  for (const cell of [4, 2, 1, 0]) {
    state.setBackendCell(0, BackendCell.agentLimit, cell);
    state.advanceEpoch();
    counts.push(count());
  }
  assertEquals(counts, [2, 3, 1, 5, 2]);
});
