import { assert, assertEquals } from "@std/assert";
import { HOLD_MS, MOST_HELD } from "../../../lib/access/admission.ts";
import { addressKeyOfText } from "../../../lib/base/address_key.ts";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import { FailureLog } from "../../../lib/engine/failure_log.ts";
import { ListenerShare } from "../../../lib/engine/listener_share.ts";
import { PoolShare } from "../../../lib/engine/pool_share.ts";
import { type SessionClient, SessionLife } from "../../../lib/engine/session_life.ts";
import type { SessionRecord } from "../../../lib/log/session_record.ts";
import { AccessLog } from "../../../lib/log/access_log.ts";
import { EJECTION } from "../../../lib/state/codes.ts";
import {
  BackendCell,
  BackendTally,
  ListenerCell,
  ListenerTally,
  PoolCell,
  PoolTally,
} from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { pause } from "../../support/patience.ts";

const CLIENT = { name: "192.0.2.1:5000", addressHash: 1, addressKey: 1n };

/** A listener's share, on one backend unless said otherwise, and the lives that begin there. */
function rig(options: string, backend = "127.0.0.1:1") {
  const text = `[options]\nhealth_check = off\n${options}\n[mappings]\n2000 = ${backend}\n`;
  const { settings } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  const listener = settings?.listeners[0];
  const poolSettings = settings?.pools[0];
  assert(listener !== undefined && poolSettings !== undefined);
  const state = SharedState.create(2);
  const backendRows = poolSettings.backends.map((_, row) => row);
  for (const row of backendRows) state.setBackendCell(row, BackendCell.weight, 100);
  const records: SessionRecord[] = [];
  const accessLog = new AccessLog({
    format: (record) => {
      records.push(record);
      return "";
    },
    post: () => {},
    flushIntervalMs: 0,
  });
  const failures = new FailureLog();
  const inputs = { state, slot: 0, logs: { failures, accessLog } };
  const pool = { settings: poolSettings, row: 0, backendRows };
  // The tests take the turns of the queue themselves.
  const poolShare = new PoolShare(pool, inputs, () => {});
  const share = new ListenerShare({ settings: listener, row: 0, pool }, poolShare, inputs);
  return {
    state,
    records,
    failures,
    share,
    begin: (client: SessionClient = CLIENT) => {
      assertEquals(share.admit(client), "admitted");
      return new SessionLife(share, client);
    },
  };
}

Deno.test("SessionLife gives a place back that it got from the queue and could not use", () => {
  const { state, begin } = rig("queue_timeout = 10s", "127.0.0.1:1 max_connections=1");
  const first = begin();
  assert(typeof first.acquire(() => {}) === "object");
  const waiting = begin();
  const answer = waiting.acquire((lease) => {
    // What an engine does if it cannot dial: it ends the session while it is being served.
    assert(lease !== undefined);
    waiting.connectFailed("local_fault", new Error("EMFILE"));
    waiting.end();
  });
  assertEquals(answer, "queued");
  first.connected();
  first.finish("done");
  first.end();
  assertEquals(state.backendCell(0, BackendCell.active), 0);
  assertEquals(state.pools.cell(0, PoolCell.queued), 0);
  assertEquals(state.listenerCell(0, ListenerCell.active), 0);
  assertEquals(state.pools.cell(0, PoolCell.active), 0);
});

Deno.test("SessionLife waits a moment for a place where there is no queue", async () => {
  const { state, records, share, begin } = rig("", "127.0.0.1:1 max_connections=1");
  const first = begin();
  first.acquire(() => {});
  const [second, third] = [begin(), begin()];
  let answers: unknown[] = [];
  for (const life of [second, third]) {
    assertEquals(life.acquire((lease) => answers.push(lease?.row)), "queued");
  }
  first.connected();
  first.finish("done");
  first.end();
  assertEquals(answers, [0]);

  answers = [];
  await pause(HOLD_MS);
  share.pool.queue.turn();
  assertEquals(answers, [undefined]);
  assertEquals(third.finished, true);
  third.end();
  second.connected();
  second.finish("done");
  second.end();
  assertEquals(records.map(({ reason }) => reason.by), ["done", "no_backend", "done"]);
  assertEquals(state.listenerTally(0, 0, ListenerTally.refusedNoBackend), 1);
  assertEquals(state.pools.cell(0, PoolCell.queued), 0);
});

Deno.test("SessionLife lets only so many wait for a moment", () => {
  const { begin, failures } = rig("", "127.0.0.1:1 max_connections=1");
  const first = begin();
  first.acquire(() => {});
  const lives = Array.from({ length: MOST_HELD }, () => begin());
  for (const life of lives) {
    assertEquals(life.acquire(() => {}), "queued");
  }
  const oneMore = begin();
  assertEquals(oneMore.acquire(() => {}), undefined);
  for (const life of [oneMore, ...lives, first]) {
    life.finish("client");
    life.end();
  }
  failures.close();
});

Deno.test("SessionLife looks on at once where it could not connect to the place that it got", () => {
  const { state, records, begin } = rig("queue_timeout = 10s", "127.0.0.1:1 max_connections=1");
  const first = begin();
  first.acquire(() => {});
  const waiting = begin();
  waiting.acquire(() => {
    // What an engine does if an attempt fails before it has begun, such as for lack of a route.
    assert(waiting.connectFailed("connect_failed", new Error("ENETUNREACH")));
    assertEquals(waiting.acquire(() => {}), undefined);
    waiting.end();
  });
  first.connected();
  first.finish("done");
  first.end();
  assertEquals(records.map(({ reason }) => reason.by), ["backend", "done"]);
  assertEquals(state.pools.cell(0, PoolCell.queued), 0);
  assertEquals(state.pools.tally(0, 0, PoolTally.queuedHere), 0);
  assertEquals(state.backendCell(0, BackendCell.active), 0);
});

Deno.test("SessionLife.end() serves a long queue of which nobody can be connected", () => {
  const waiters = 20_000;
  const { state, records, failures, begin } = rig(
    `queue_timeout = 10s\nmax_queue = ${waiters}`,
    "127.0.0.1:1 max_connections=1",
  );
  const first = begin();
  first.acquire(() => {});
  for (let i = 0; i < waiters; i++) {
    const life = begin();
    const answer = life.acquire(() => {
      life.connectFailed("local_fault", new Error("EADDRNOTAVAIL"));
      life.end();
    });
    assertEquals(answer, "queued");
  }
  first.finish("done");
  first.end();
  failures.close();
  assertEquals(records.length, waiters + 1);
  assertEquals(state.backendCell(0, BackendCell.active), 0);
  assertEquals(state.listenerCell(0, ListenerCell.active), 0);
});

Deno.test("SessionLife.overdue() counts half_close_timeout from the last byte on", () => {
  const { begin } = rig("half_close_timeout = 1s\nidle_timeout = 0");
  const life = begin();
  life.acquire(() => {});
  life.connected();
  life.relaying();
  const nowMs = performance.now();
  life.halfClosed("client", nowMs);
  assertEquals(life.overdue(nowMs + 900), undefined);
  life.moved(0, 100, nowMs + 900);
  // Not to the millisecond: the clock has fractions, and the sums of such numbers are rounded.
  assertEquals(life.overdue(nowMs + 1899), undefined);
  assertEquals(life.overdue(nowMs + 1901), "backend_timeout");
  life.finish("backend_timeout");
  life.end();
});

for (
  const [what, options, act, atMs, expected] of [
    ["first_byte_timeout", "first_byte_timeout = 2s", () => {}, 2_000, "client_timeout"],
    ["session_timeout", "session_timeout = 3s", () => {}, 3_000, "lifetime"],
    ["idle_timeout", "idle_timeout = 4s", () => {}, 4_000, "timeout"],
    [
      "half_close_timeout of a client that never ends",
      "half_close_timeout = 1s",
      (life: SessionLife, nowMs: number) => life.halfClosed("backend", nowMs),
      1_000,
      "client_timeout",
    ],
  ] as const
) {
  Deno.test(`SessionLife.overdue() knows ${what}`, () => {
    const { begin, records } = rig(options);
    const life = begin();
    life.acquire(() => {});
    life.connected();
    life.relaying();
    const nowMs = performance.now();
    act(life, nowMs);
    assertEquals(life.overdue(nowMs + atMs - 500), undefined);
    assertEquals(life.overdue(nowMs + atMs + 500), expected);
    life.finish(expected);
    life.end();
    assertEquals(records[0]?.reason, { by: expected, phase: "relay" });
  });
}

Deno.test("SessionLife.finish() keeps the first reason", () => {
  const { begin, records } = rig("");
  const life = begin();
  life.acquire(() => {});
  life.finish("client");
  life.finish("operator");
  life.end();
  assertEquals(records[0]?.reason, { by: "client", phase: "connect" });
});

/** A session that tries a backend which was ejected, connected, and when that was. */
function trial() {
  const { state, begin } = rig("");
  state.setBackendCell(0, BackendCell.ejection, EJECTION.trialOpen);
  state.advanceEpoch();
  const life = begin();
  assert(typeof life.acquire(() => {}) === "object");
  life.connected();
  life.relaying();
  return {
    life,
    nowMs: performance.now(),
    ejection: () => state.backendCell(0, BackendCell.ejection),
    state,
  };
}

Deno.test("SessionLife passes a trial at the backend's first byte", () => {
  const { life, nowMs, ejection } = trial();
  assertEquals(life.lookByMs(nowMs) <= nowMs + 500, true);
  life.moved(5, 1, nowMs + 1);
  assertEquals(ejection(), EJECTION.none);
  assertEquals(life.lookByMs(nowMs), Infinity);
  life.finish("client");
  life.end();
});

Deno.test("SessionLife passes a trial after a second of silence", () => {
  const { life, nowMs, ejection } = trial();
  life.moved(0, 0, nowMs + 900);
  assertEquals(ejection(), EJECTION.onTrial);
  life.moved(0, 0, nowMs + 1001);
  assertEquals(ejection(), EJECTION.none);
  life.finish("client");
  life.end();
});

Deno.test("SessionLife passes a trial a second after the client's first byte", () => {
  const { life, nowMs, ejection } = trial();
  life.moved(1, 0, nowMs + 900);
  life.moved(2, 0, nowMs + 1800);
  assertEquals(ejection(), EJECTION.onTrial);
  life.moved(3, 0, nowMs + 1901);
  assertEquals(ejection(), EJECTION.none);
  life.finish("client");
  life.end();
});

for (
  const [what, bytesIn, by, expected] of [
    ["was not answered and ends in good order", 1, "done", EJECTION.none],
    ["was as quiet as it may be", 0, "timeout", EJECTION.none],
    ["says nothing and ends", 0, "done", EJECTION.trialOpen],
    ["was broken off by the client", 1, "client", EJECTION.trialOpen],
    ["was cut by an operator", 1, "operator", EJECTION.trialOpen],
    ["was reset after the client had sent something", 1, "backend", EJECTION.trialOpen],
    ["was reset before the client had sent anything", 0, "backend", EJECTION.ejected],
  ] as const
) {
  Deno.test(`SessionLife judges a trial that ${what}`, () => {
    const { life, nowMs, ejection, state } = trial();
    life.moved(bytesIn, 0, nowMs);
    life.finish(by);
    life.end();
    assertEquals(ejection(), expected);
    const resets = state.backendTally(0, 0, BackendTally.earlyResets);
    assertEquals(resets, by === "backend" ? 1 : 0);
  });
}

Deno.test("SessionLife waits a minute at most for last bytes where half_close_timeout is 0", () => {
  const life = rig("half_close_timeout = 0").begin();
  assert(typeof life.acquire(() => {}) === "object");
  life.connected();
  life.relaying();
  const nowMs = performance.now() + 1_000;
  life.halfClosed("client", nowMs);
  life.touched(nowMs);
  assertEquals(life.overdue(nowMs + 61_000), undefined);
  const lateMs = [59_000, 61_000];
  assertEquals(lateMs.map((ms) => life.isDeliveryOverdue(nowMs + ms)), [false, true]);
  life.touched(nowMs + 61_000);
  assertEquals(life.isDeliveryOverdue(nowMs + 62_000), false);
  life.finish("done");
  life.end();
});

for (
  const [options, hostname, prefix] of [
    ["", "192.0.2.77", "192.0.2.77"],
    ["client_prefix_v4 = 24", "192.0.2.77", "192.0.2.0"],
    ["client_prefix_v4 = 24", "2001:db8:1:2:3::4", "2001:db8:1:2::"],
    ["client_prefix_v6 = 48", "2001:db8:1:2:3::4", "2001:db8:1::"],
  ] as const
) {
  Deno.test(`SessionLife.clientKey is ${prefix} for ${hostname}${options && ` with ${options}`}`, () => {
    const { begin } = rig(options);
    const addressKey = addressKeyOfText(hostname);
    const life = begin({ name: `${hostname}:5000`, addressHash: 1, addressKey });
    assertEquals(life.clientKey, addressKeyOfText(prefix));
    life.finish("client");
    life.end();
  });
}

for (
  const [options, hostnames, expected] of [
    ["", "192.0.2", EJECTION.ejected],
    ["client_prefix_v4 = 24", "192.0.2", EJECTION.none],
  ] as const
) {
  const clients = expected === EJECTION.none ? "one network, as one client" : "many addresses";
  Deno.test(`SessionLife takes resets of ${clients}${options && `, with ${options}`}`, () => {
    const { state, begin } = rig(`max_fails = 3\n${options}`, "127.0.0.1:1, 127.0.0.1:2 backup");
    for (let last = 1; last <= 10; last++) {
      const hostname = `${hostnames}.${last}`;
      const addressKey = addressKeyOfText(hostname);
      const life = begin({ name: `${hostname}:5000`, addressHash: 1, addressKey });
      assert(typeof life.acquire(() => {}) === "object");
      life.connected();
      life.relaying();
      life.moved(5, 0, performance.now());
      life.finish("backend");
      life.end();
    }
    assertEquals(state.backendCell(0, BackendCell.ejection), expected);
  });
}
