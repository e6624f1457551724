import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { MOST_HELD } from "../../../lib/access/admission.ts";
import { Lease } from "../../../lib/balance/lease.ts";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import { FailureLog } from "../../../lib/engine/failure_log.ts";
import type { Generation, ListenerPlan } from "../../../lib/engine/generation.ts";
import type { ListenerShare } from "../../../lib/engine/listener_share.ts";
import { ListenerShares } from "../../../lib/engine/listener_shares.ts";
import { SessionLife } from "../../../lib/engine/session_life.ts";
import { BackendCell, ListenerTally, PoolCell, PoolTally } from "../../../lib/state/counters.ts";
import type { PoolPlan } from "../../../lib/state/pool_plan.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

const CLIENT = { name: "192.0.2.1:5000", addressHash: 1, addressKey: 1n };
const NO_LISTENERS: Generation = { number: 2, listeners: [], pools: [] };

/** Two listeners on one pool, whose row is 7, and a worker's shares of them. */
class Rig {
  readonly state = SharedState.create(2);
  readonly failures = new FailureLog();
  readonly rings: (() => void)[] = [];
  readonly pool: PoolPlan;
  readonly first: ListenerPlan;
  readonly second: ListenerPlan;
  readonly shares = new ListenerShares(
    { state: this.state, slot: 0, logs: { failures: this.failures, accessLog: undefined } },
    (_afterMs, ring) => void this.rings.push(ring),
  );

  constructor(backends: string, ...options: readonly string[]) {
    const lines = [
      "[options]",
      ...options,
      "[mappings]",
      `2000 = ${backends}`,
      `2001 = ${backends}`,
    ];
    const { settings } = parseSettings(lines.join("\n"), "test.cfg", {
      cores: 1,
      privileged: true,
    });
    const [poolSettings] = settings?.pools ?? [];
    const [first, second] = settings?.listeners ?? [];
    assert(poolSettings !== undefined && first !== undefined && second !== undefined);
    const backendRows = poolSettings.backends.map(({ weight }, row) => {
      this.state.setBackendCell(row, BackendCell.weight, weight * 100);
      return row;
    });
    this.pool = { settings: poolSettings, row: 7, backendRows };
    this.first = { settings: first, row: 0, pool: this.pool };
    this.second = { settings: second, row: 1, pool: this.pool };
  }

  /** The shares of both, with a socket each, as a roster makes them. */
  open(): [ListenerShare, ListenerShare] {
    const shares = [this.first, this.second].map((plan) => {
      const share = this.shares.of(plan);
      share.opened();
      return share;
    }) as [ListenerShare, ListenerShare];
    this.shares.updatePools(this.generation);
    return shares;
  }

  get generation(): Generation {
    return { number: 1, listeners: [this.first, this.second], pools: [this.pool] };
  }

  poolCell(cell: number): number {
    return this.state.pools.cell(this.pool.row, cell);
  }

  listenerTally(row: number, tally: number): number {
    return this.state.listenerTally(0, row, tally);
  }
}

function begin(share: ListenerShare): SessionLife {
  assertEquals(share.admit(CLIENT), "admitted");
  return new SessionLife(share, CLIENT);
}

function end(life: SessionLife): void {
  life.finish("client");
  life.end();
}

Deno.test("ListenerShares give listeners of one pool one share of it, and one cursor", () => {
  const rig = new Rig("127.0.0.1:1, 127.0.0.1:2, 127.0.0.1:3");
  const [first, second] = rig.open();
  assert(first !== second);
  assertStrictEquals(first.pool, second.pool);
  const lives = [first, second, first, second, first, second].map(begin);
  const rows = lives.map((life) => {
    const lease = life.acquire(() => {});
    return lease instanceof Lease ? lease.row : -1;
  });
  assertEquals(rows, [0, 1, 2, 0, 1, 2]);
  assertEquals(rig.poolCell(PoolCell.active), 6);
  assertEquals([0, 1].map((row) => rig.listenerTally(row, ListenerTally.active)), [3, 3]);
  for (const life of lives) end(life);
  assertEquals(rig.poolCell(PoolCell.active), 0);
  assertEquals(rig.state.pools.tally(0, rig.pool.row, PoolTally.active), 0);
  assertEquals(rig.poolCell(PoolCell.cursor), 6);
});

Deno.test("ListenerShares serve the clients of several listeners in one order", () => {
  const rig = new Rig("127.0.0.1:1 max_connections=1", "queue_timeout = 10s");
  const [first, second] = rig.open();
  let holder = begin(first);
  assert(holder.acquire(() => {}) instanceof Lease);
  const served: string[] = [];
  const waiting = [second, first, second].map((share, index) => {
    const life = begin(share);
    const answer = life.acquire((lease) => {
      assert(lease instanceof Lease);
      served.push(`${index} by ${share.settings.key}`);
    });
    assertEquals(answer, "queued");
    return life;
  });
  assertEquals([rig.poolCell(PoolCell.queued), rig.rings.length], [3, 1]);
  for (const next of waiting) {
    end(holder);
    holder = next;
  }
  end(holder);
  assertEquals(served, ["0 by 2001", "1 by 2000", "2 by 2001"]);
  assertEquals([rig.poolCell(PoolCell.queued), rig.poolCell(PoolCell.active)], [0, 0]);
  assertEquals(rig.state.pools.tally(0, rig.pool.row, PoolTally.queuedInAll), 3);
});

Deno.test("ListenerShares hold max_queue of a pool over all of its listeners", () => {
  const options = ["queue_timeout = 10s", "max_queue = 2"];
  const rig = new Rig("127.0.0.1:1 max_connections=1", ...options);
  const [first, second] = rig.open();
  const lives = [first, first, second, second].map(begin);
  const answers = lives.map((life) => {
    const answer = life.acquire(() => {});
    return answer instanceof Lease ? "served" : answer;
  });
  assertEquals(answers, ["served", "queued", "queued", undefined]);
  assertEquals([0, 1].map((row) => rig.listenerTally(row, ListenerTally.refusedNoBackend)), [0, 1]);
  for (const life of lives.toReversed()) end(life);
  rig.failures.close();
});

Deno.test("ListenerShares.of() returns the same share while it is in use", () => {
  const rig = new Rig("127.0.0.1:1");
  const [first] = rig.open();
  const life = begin(first);
  first.closed();
  rig.shares.forgetUnused();
  assertStrictEquals(rig.shares.of(rig.first), first);
  end(life);
  rig.shares.forgetUnused();
  assert(rig.shares.of(rig.first) !== first);
});

Deno.test("ListenerShares.poolOf() returns the same share for a row, until it is forgotten", () => {
  const rig = new Rig("127.0.0.1:1");
  const share = rig.shares.poolOf(rig.pool);
  assertStrictEquals(rig.shares.poolOf({ ...rig.pool }), share);
  assert(rig.shares.poolOf({ ...rig.pool, row: 8 }) !== share);
  rig.shares.forgetUnused();
  assert(rig.shares.poolOf(rig.pool) !== share);
});

Deno.test("ListenerShares.forgetUnused() keeps the pools in force, even without a listener", () => {
  const rig = new Rig("127.0.0.1:1");
  rig.shares.updatePools(rig.generation);
  const share = rig.shares.poolOf(rig.pool);
  rig.shares.forgetUnused();
  assertStrictEquals(rig.shares.poolOf(rig.pool), share);
  rig.shares.updatePools(NO_LISTENERS);
  rig.shares.forgetUnused();
  assert(rig.shares.poolOf(rig.pool) !== share);
});

Deno.test("ListenerShares.forgetUnused() keeps a pool that a listener in use has", () => {
  const rig = new Rig("127.0.0.1:1");
  const [first, second] = rig.open();
  const { pool } = first;
  rig.shares.updatePools(NO_LISTENERS);
  second.closed();
  rig.shares.forgetUnused();
  assertStrictEquals(rig.shares.poolOf(rig.pool), pool);
  first.closed();
  rig.shares.forgetUnused();
  assert(rig.shares.poolOf(rig.pool) !== pool);
});

for (const what of ["have a backend of it", "wait for one"]) {
  Deno.test(`ListenerShares.forgetUnused() keeps a pool while sessions ${what}`, () => {
    const rig = new Rig("127.0.0.1:1 max_connections=1", "queue_timeout = 10s");
    const [first] = rig.open();
    const { pool } = first;
    const life = begin(first);
    if (what === "wait for one") rig.state.addBackendCell(0, BackendCell.active, 1);
    life.acquire(() => {});
    assertEquals(pool.queue.size, what === "wait for one" ? 1 : 0);
    // The listener has another pool from now on, and no other has this one.
    const settings = { ...rig.pool.settings, name: "other", id: "other" };
    const other = rig.shares.poolOf({ ...rig.pool, settings, row: 8 });
    for (const plan of [rig.first, rig.second]) rig.shares.of(plan).update(plan, other);
    rig.shares.updatePools(NO_LISTENERS);
    rig.shares.forgetUnused();
    assertStrictEquals(rig.shares.poolOf(rig.pool), pool);
    end(life);
    rig.shares.forgetUnused();
    assert(rig.shares.poolOf(rig.pool) !== pool);
    assertEquals([rig.poolCell(PoolCell.active), rig.poolCell(PoolCell.queued)], [0, 0]);
  });
}

Deno.test("ListenerShares let a session end in the pool that it began with", () => {
  const rig = new Rig("127.0.0.1:1", "connect_timeout = 3s");
  const [first] = rig.open();
  const life = begin(first);
  assert(life.acquire(() => {}) instanceof Lease);
  const settings = { ...rig.pool.settings, name: "other", id: "other", connectTimeoutMs: 9_000 };
  const other = { ...rig.pool, settings, row: 8 };
  first.update({ ...rig.first, pool: other }, rig.shares.poolOf(other));
  assertEquals(life.poolSettings.connectTimeoutMs, 3_000);
  const next = begin(first);
  assertEquals(next.poolSettings.name, "other");
  assert(next.acquire(() => {}) instanceof Lease);
  const active = () => [7, 8].map((row) => rig.state.pools.cell(row, PoolCell.active));
  assertEquals(active(), [1, 1]);
  end(life);
  assertEquals(active(), [0, 1]);
  end(next);
  assertEquals(active(), [0, 0]);
});

Deno.test("ListenerShares.updatePools() applies new settings to the sessions to come", () => {
  const rig = new Rig("127.0.0.1:1", "retries = 1");
  const [first, second] = rig.open();
  const life = begin(first);
  const settings = { ...rig.pool.settings, retries: 5 };
  rig.shares.updatePools({ ...rig.generation, pools: [{ ...rig.pool, settings }] });
  assertEquals(life.poolSettings.retries, 1);
  assertEquals([first, second].map((share) => share.pool.settings.retries), [5, 5]);
  end(life);
});

Deno.test("ListenerShare.admitHeld() settles with the share that held a client", () => {
  const rig = new Rig("127.0.0.1:1", "max_connections = 1");
  const [first, second] = rig.open();
  const lives = [first, second].map(begin);
  // Their address is the second listener's by the time at which they are looked at again.
  const verdicts = Array.from({ length: MOST_HELD }, () => first.admit(CLIENT));
  assertEquals(new Set(verdicts), new Set(["held"]));
  for (const _ of verdicts) assertEquals(second.admitHeld(CLIENT, first), "refused");
  const limits = [0, 1].map((row) => rig.listenerTally(row, ListenerTally.refusedMaxConnections));
  assertEquals(limits, [0, MOST_HELD]);
  // Both have as much room as before: not less, and not more.
  for (const share of [first, second]) {
    const held = Array.from({ length: MOST_HELD + 1 }, () => share.admit(CLIENT));
    assertEquals(held.filter((verdict) => verdict === "held").length, MOST_HELD);
    assertEquals(held.at(-1), "refused");
  }
  for (const life of lives) end(life);
  rig.failures.close();
});
