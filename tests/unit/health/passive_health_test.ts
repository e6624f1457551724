import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { addressKeyOfText } from "../../../lib/base/address_key.ts";
import { clientPrefix, DEFAULT_PREFIX_LENGTHS } from "../../../lib/base/client_prefix.ts";
import { PassiveHealth } from "../../../lib/health/passive_health.ts";
import { EJECTION, HEALTH, MODE } from "../../../lib/state/codes.ts";
import { BackendCell, BackendReading, BackendTally } from "../../../lib/state/counters.ts";
import type { PoolPlan } from "../../../lib/state/pool_plan.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { permittedTest } from "../../support/permitted.ts";
import { backendsOf, poolOf, watch } from "./watched.ts";

const NOW_MS = 1_000_000;

interface Rig {
  readonly state: SharedState;
  readonly pool: PoolPlan;
  /** Two workers of one pool. */
  readonly one: PassiveHealth;
  readonly other: PassiveHealth;
}

function rigOf(backends: string, ...options: string[]): Rig {
  const state = SharedState.create(3);
  const pool = watch(state, poolOf(backends, ...options));
  const inputs = { state, now: () => NOW_MS, random: () => 0.5 };
  return {
    state,
    pool,
    one: new PassiveHealth(pool, { ...inputs, slot: 0 }),
    other: new PassiveHealth(pool, { ...inputs, slot: 1 }),
  };
}

function fail(health: PassiveHealth, row: number, times = 1): void {
  for (let time = 0; time < times; time++) health.failed(row, false);
}

function ejection(state: SharedState, row: number): number {
  return state.backendCell(row, BackendCell.ejection);
}

function ejected({ state, pool }: Rig): number[] {
  return pool.backendRows.filter((row) => ejection(state, row) !== EJECTION.none);
}

Deno.test("PassiveHealth ejects at the failure that makes `max_fails` in a row, over all workers", () => {
  const rig = rigOf(backendsOf(3), "max_fails = 3");
  const epoch = rig.state.epoch;
  rig.one.failed(1, false);
  rig.other.failed(1, false);
  assertEquals([ejected(rig), rig.state.epoch], [[], epoch]);
  rig.one.failed(1, false);
  assertEquals([ejected(rig), rig.state.epoch], [[1], epoch + 1]);
  assertEquals(
    rig.state.backendReading(1, BackendReading.ejectionUntilMs),
    NOW_MS + 10_500,
  );
  assertEquals(rig.state.backendTally(0, 1, BackendTally.ejections), 1);
});

/** One session of a client that the backend resets. */
function reset(
  { one }: Rig,
  row: number,
  client: string,
  { hadInput = true, openMs = 10, onTrial = false, prefixes = DEFAULT_PREFIX_LENGTHS } = {},
): void {
  one.connected(row);
  const clientKey = clientPrefix(addressKeyOfText(client), prefixes);
  one.reset(row, onTrial, { hadInput, openMs, clientKey });
}

Deno.test("PassiveHealth blames a backend at once that resets clients which have said nothing", () => {
  const rig = rigOf(backendsOf(3));
  for (let time = 0; time < 3; time++) reset(rig, 1, "192.0.2.1", { hadInput: false });
  assertEquals(ejected(rig), [1]);
  assertEquals(rig.state.backendCell(1, BackendCell.resetsInRow), 3);
});

Deno.test("PassiveHealth blames no backend for what one client may have brought about", () => {
  const rig = rigOf(backendsOf(3));
  for (let time = 0; time < 30; time++) {
    reset(rig, 0, "192.0.2.1");
    reset(rig, 1, `2001:db8::${time}`);
    reset(rig, 2, "192.0.2.1", { hadInput: false, openMs: 60_000 });
  }
  assertEquals(ejected(rig), []);
});

Deno.test("PassiveHealth blames a backend that resets three clients, and half of its sessions", () => {
  const rig = rigOf(backendsOf(3));
  for (const client of [1, 2, 3, 4]) reset(rig, 0, `192.0.2.${client}`);
  assertEquals(ejected(rig), []);
  reset(rig, 0, "192.0.2.5");
  assertEquals(ejected(rig), [0]);

  // The addresses of one network are one client where the prefix says so.
  const strict = rigOf(backendsOf(3));
  const prefixes = { v4: 24, v6: 64 };
  for (const client of [1, 2, 3, 4, 5, 6]) reset(strict, 0, `192.0.2.${client}`, { prefixes });
  assertEquals(ejected(strict), []);

  // As many sessions again go well, and one more.
  for (let session = 0; session < 6; session++) rig.other.connected(1);
  for (const client of [1, 2, 3, 4, 5]) reset(rig, 1, `192.0.2.${client}`);
  assertEquals(ejected(rig), [0]);
});

Deno.test("PassiveHealth takes no reset in that comes long after the connection", () => {
  const rig = rigOf(backendsOf(3));
  for (let client = 1; client < 30; client++) reset(rig, 0, `192.0.2.${client}`, { openMs: 6_000 });
  assertEquals(ejected(rig), []);
});

Deno.test("PassiveHealth gives a trial to another session that one client may have spoilt", () => {
  const rig = rigOf(backendsOf(2));
  fail(rig.one, 0, 3);
  rig.state.setBackendCell(0, BackendCell.ejection, EJECTION.trialOpen);
  for (const client of [1, 2]) {
    assert(rig.one.takeTrial(0));
    reset(rig, 0, `192.0.2.${client}`, { onTrial: true });
    assertEquals(ejection(rig.state, 0), EJECTION.trialOpen);
  }
  assert(rig.one.takeTrial(0));
  reset(rig, 0, "192.0.2.3", { onTrial: true });
  assertEquals(ejection(rig.state, 0), EJECTION.ejected);
  assertEquals(rig.state.backendCell(0, BackendCell.resetsInRow), 1);
});

Deno.test("PassiveHealth begins to count anew after a success", () => {
  const rig = rigOf(backendsOf(3), "max_fails = 3");
  fail(rig.one, 0, 2);
  rig.other.succeeded(0, false);
  fail(rig.one, 0, 2);
  assertEquals(ejected(rig), []);
  fail(rig.one, 0);
  assertEquals(ejected(rig), [0]);
});

Deno.test("PassiveHealth never ejects where max_fails is 0", () => {
  const rig = rigOf(backendsOf(3), "max_fails = 0");
  fail(rig.one, 0, 100);
  assertEquals(ejected(rig), []);
});

Deno.test("PassiveHealth ignores what sessions from before the ejection tell", () => {
  const rig = rigOf(backendsOf(3));
  fail(rig.one, 0, 3);
  rig.one.succeeded(0, false);
  fail(rig.one, 0, 10);
  assertEquals(ejection(rig.state, 0), EJECTION.ejected);
  assertEquals(rig.state.backendCell(0, BackendCell.ejectionsInRow), 1);
});

Deno.test("PassiveHealth keeps to max_ejected, and ejects as soon as there is room", () => {
  const rig = rigOf(backendsOf(5), "max_ejected = 50%");
  for (const row of rig.pool.backendRows) fail(rig.one, row, 9);
  assertEquals(ejected(rig), [0, 1]);
  rig.state.setBackendCell(0, BackendCell.ejection, EJECTION.none);
  fail(rig.other, 4);
  assertEquals(ejected(rig), [1, 4]);
});

Deno.test("PassiveHealth ejects one of two, whatever the share", () => {
  const rig = rigOf(backendsOf(2), "max_ejected = 10%");
  fail(rig.one, 1, 3);
  fail(rig.one, 0, 3);
  assertEquals(ejected(rig), [1]);
});

Deno.test("PassiveHealth never ejects the last backend that takes sessions", () => {
  const cases: [cell: number, value: number][] = [
    [BackendCell.health, HEALTH.down],
    [BackendCell.mode, MODE.drain],
    [BackendCell.mode, MODE.maintenance],
    [BackendCell.weight, 0],
    [BackendCell.ejection, EJECTION.trialOpen],
  ];
  for (const [cell, value] of cases) {
    const rig = rigOf(backendsOf(2), "max_ejected = 100%");
    rig.state.setBackendCell(0, cell, value);
    fail(rig.one, 1, 9);
    assertEquals(ejection(rig.state, 1), EJECTION.none);
  }
  const alone = rigOf(backendsOf(1), "max_ejected = 100%");
  fail(alone.one, 0, 9);
  assertEquals(ejected(alone), []);
});

Deno.test("PassiveHealth ejects a primary that a backup stands behind", () => {
  const rig = rigOf("127.0.0.1:1, 127.0.0.1:2 backup");
  fail(rig.one, 0, 3);
  assertEquals(ejected(rig), [0]);
  fail(rig.one, 1, 3);
  assertEquals(ejected(rig), [0]);
});

Deno.test("PassiveHealth leaves out a backend that takes no sessions anyway", () => {
  const rig = rigOf(backendsOf(3));
  rig.state.setBackendCell(0, BackendCell.health, HEALTH.down);
  fail(rig.one, 0, 9);
  fail(rig.one, 77, 9);
  assertEquals(ejected(rig), []);
  assertEquals(ejection(rig.state, 77), EJECTION.none);
});

Deno.test("PassiveHealth.takeTrial() gives the trial to one session of all workers", () => {
  const rig = rigOf(backendsOf(2), "connect_timeout = 5s", "fail_timeout = 10s");
  assertEquals(rig.one.takeTrial(0), false);
  rig.state.setBackendCell(0, BackendCell.ejection, EJECTION.ejected);
  assertEquals(rig.one.takeTrial(0), false);
  rig.state.setBackendCell(0, BackendCell.ejection, EJECTION.trialOpen);
  const epoch = rig.state.epoch;
  assertEquals([rig.one.takeTrial(0), rig.other.takeTrial(0)], [true, false]);
  assertEquals([ejection(rig.state, 0), rig.state.epoch], [EJECTION.onTrial, epoch + 1]);
  assertEquals(rig.state.backendReading(0, BackendReading.ejectionUntilMs), NOW_MS + 15_000);
});

Deno.test("PassiveHealth takes a backend back when its trial is good", () => {
  const rig = rigOf(backendsOf(2));
  fail(rig.one, 0, 3);
  rig.state.setBackendCell(0, BackendCell.ejection, EJECTION.trialOpen);
  assert(rig.one.takeTrial(0));
  rig.other.succeeded(0, false);
  rig.other.failed(0, false);
  assertEquals(ejection(rig.state, 0), EJECTION.onTrial);
  const epoch = rig.state.epoch;
  rig.one.succeeded(0, true);
  assertEquals([ejection(rig.state, 0), rig.state.epoch], [EJECTION.none, epoch + 1]);
  assertEquals(rig.state.backendCell(0, BackendCell.failuresInRow), 0);
});

Deno.test("PassiveHealth ejects for longer when the trial fails", () => {
  const rig = rigOf(backendsOf(2), "fail_timeout = 10s");
  fail(rig.one, 0, 3);
  for (const inRow of [2, 3]) {
    rig.state.setBackendCell(0, BackendCell.ejection, EJECTION.trialOpen);
    assert(rig.other.takeTrial(0));
    rig.other.failed(0, true);
    assertEquals(ejection(rig.state, 0), EJECTION.ejected);
    assertEquals(
      rig.state.backendReading(0, BackendReading.ejectionUntilMs),
      NOW_MS + 10_500 * inRow,
    );
  }
  assertEquals(rig.state.backendTally(1, 0, BackendTally.ejections), 2);
});

Deno.test("PassiveHealth.abandoned() gives the trial to another session", () => {
  const rig = rigOf(backendsOf(2));
  rig.state.setBackendCell(0, BackendCell.ejection, EJECTION.trialOpen);
  assert(rig.one.takeTrial(0));
  rig.one.abandoned(0);
  assertEquals(ejection(rig.state, 0), EJECTION.trialOpen);
  assert(rig.other.takeTrial(0));
});

Deno.test("PassiveHealth.update() goes by other settings", () => {
  const rig = rigOf(backendsOf(3), "max_fails = 3");
  rig.one.update(watch(rig.state, poolOf(backendsOf(3), "max_fails = 1")));
  fail(rig.one, 2);
  assertEquals(ejected(rig), [2]);
  rig.state.setBackendCell(2, BackendCell.ejection, EJECTION.trialOpen);
  assert(rig.one.takeTrial(2));
  rig.one.update(watch(rig.state, poolOf(backendsOf(3), "max_fails = 0")));
  rig.one.failed(2, true);
  assertEquals(ejected(rig), []);
});

Deno.test("PassiveHealth never ejects all, nor more than the share, whatever happens", () => {
  const step = fc.record({
    worker: fc.boolean(),
    row: fc.nat({ max: 5 }),
    what: fc.constantFrom("fail", "succeed", "open", "trial"),
    good: fc.boolean(),
  });
  const count = fc.integer({ min: 1, max: 6 });
  const percent = fc.integer({ min: 0, max: 100 });
  const fails = fc.integer({ min: 1, max: 3 });
  fc.assert(fc.property(count, percent, fails, fc.array(step, { maxLength: 150 }), (
    backends,
    share,
    maxFails,
    steps,
  ) => {
    const rig = rigOf(backendsOf(backends), `max_ejected = ${share}%`, `max_fails = ${maxFails}`);
    const most = share === 0 ? 0 : Math.max(1, Math.floor(backends * share / 100));
    for (const { worker, row, what, good } of steps) {
      if (row >= backends) continue;
      const health = worker ? rig.one : rig.other;
      if (what === "fail") health.failed(row, false);
      if (what === "succeed") health.succeeded(row, false);
      if (what === "open") {
        const { ejected, trialOpen } = EJECTION;
        rig.state.replaceBackendCell(row, BackendCell.ejection, ejected, trialOpen);
      }
      if (what === "trial" && health.takeTrial(row)) {
        if (good) health.succeeded(row, true);
        else health.failed(row, true);
      }
      const out = ejected(rig).length;
      assert(out <= most && out < backends, `${out} of ${backends} with ${share} %`);
    }
  }));
});

permittedTest(
  ["read"],
  "PassiveHealth keeps to the share while real threads fail at once",
  async () => {
    const state = SharedState.create(4);
    const pool = watch(state, poolOf(backendsOf(4), "max_fails = 1", "max_ejected = 50%"));
    const url = new URL("failing_worker.ts", import.meta.url);
    const workers = [0, 1].map(() => new Worker(url, { type: "module" }));
    const done = workers.map((worker, slot) =>
      new Promise((resolve) => {
        worker.onmessage = resolve;
        worker.postMessage({ memory: state.buffer, pool, slot });
      })
    );
    await Promise.all(done);
    for (const worker of workers) worker.terminate();
    const out = pool.backendRows.filter((row) => ejection(state, row) !== EJECTION.none);
    assert(out.length <= 2, `${out.length} of 4 are ejected`);
    const tallies = [0, 1].map((slot) =>
      pool.backendRows.reduce(
        (sum, row) => sum + state.backendTally(slot, row, BackendTally.ejections),
        0,
      )
    );
    assert(tallies.every((count) => count > 0), `ejections by worker: ${tallies}`);
  },
);
