import { assert, assertEquals } from "@std/assert";
import { Random } from "../../../lib/base/random.ts";
import { SYSTEM_SCHEDULER } from "../../../lib/base/scheduler.ts";
import type { PoolSettings } from "../../../lib/config/settings.ts";
import { HealthChecker, type HealthFlip } from "../../../lib/health/health_checker.ts";
import { mainSlot } from "../../../lib/health/main_slot.ts";
import type { ProbeResult } from "../../../lib/health/probe.ts";
import { PROBES, type Probes } from "../../../lib/health/probes.ts";
import { EJECTION, HEALTH, MODE } from "../../../lib/state/codes.ts";
import { BackendCell, BackendReading, BackendTally } from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { permittedTest } from "../../support/permitted.ts";
import { TestBackend } from "../../support/test_backend.ts";
import { ManualScheduler } from "./manual_scheduler.ts";
import { backendsOf, poolOf, watch } from "./watched.ts";

const PASSED: ProbeResult = { passed: true, durationMs: 1 };
const REFUSED: ProbeResult = {
  passed: false,
  durationMs: 1,
  reason: "connection refused",
  local: false,
};
const OUT_OF_FILES: ProbeResult = { ...REFUSED, reason: "too many open files", local: true };

/** A checker whose probe results and clock are set by the test. */
class Rig {
  readonly state = SharedState.create(2);
  readonly scheduler = new ManualScheduler();
  readonly flips: HealthFlip[] = [];
  readonly passesWhileEjected: number[] = [];
  /** When each backend was probed. */
  readonly probedMs = new Map<string, number[]>();
  /** Probe results by the backend's name; missing ones pass, `hang` never answers. */
  readonly answers = new Map<string, ProbeResult | "hang">();
  running = 0;
  mostRunning = 0;
  readonly checker: HealthChecker;

  constructor(random: () => number = () => 0) {
    this.checker = new HealthChecker({
      state: this.state,
      now: this.scheduler.nowMs,
      random,
      scheduler: this.scheduler,
      probes: this.#probes(),
      onFlip: (flip) => this.flips.push(flip),
      onPassWhileEjected: (row) => this.passesWhileEjected.push(row),
    });
  }

  probes(name: string): readonly number[] {
    return this.probedMs.get(name) ?? [];
  }

  update(...pools: PoolSettings[]): void {
    let row = 0;
    this.checker.update(pools.map((pool, index) => {
      const plan = watch(this.state, pool, row, index);
      row += plan.backendRows.length;
      return plan;
    }));
  }

  health(row: number): number {
    return this.state.backendCell(row, BackendCell.health);
  }

  tally(row: number, tally: number): number {
    return this.state.backendTally(mainSlot(this.state), row, tally);
  }

  #probes(): Probes {
    const probe: Probes["tcp"] = async ({ backend }, signal) => {
      const times = this.probedMs.get(backend.name) ?? [];
      this.probedMs.set(backend.name, [...times, this.scheduler.nowMs()]);
      const answer = this.answers.get(backend.name) ?? PASSED;
      if (answer !== "hang") return answer;
      this.mostRunning = Math.max(this.mostRunning, ++this.running);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      this.running--;
      return { ...REFUSED, reason: "no answer within 1s" };
    };
    return { tcp: probe, http: probe, send_expect: probe };
  }
}

const A = "127.0.0.1:1";
const INTERVAL = "health_interval = 2s";

Deno.test("HealthChecker brings a backend down after `health_fall` checks, and says so once", async () => {
  const rig = new Rig();
  const before = rig.state.epoch;
  rig.update(poolOf(A, INTERVAL, "health_fall = 3"));
  rig.answers.set(A, REFUSED);
  await rig.scheduler.advance(1100);
  assertEquals([rig.probes(A).length, rig.health(0), rig.flips.length], [3, HEALTH.down, 1]);
  const [flip] = rig.flips;
  assertEquals([flip?.up, flip?.row, flip?.reason], [false, 0, "connection refused"]);
  assertEquals([flip?.backend.name, flip?.pool.name], [A, "2000"]);
  assertEquals(rig.state.epoch, before + 1);
  await rig.scheduler.advance(60_000);
  assertEquals(rig.flips.length, 1);
  assertEquals(rig.state.epoch, before + 1);
  await rig.checker.stop();
});

Deno.test("HealthChecker brings a backend up after `health_rise` checks", async () => {
  const rig = new Rig();
  rig.update(poolOf(A, INTERVAL));
  rig.answers.set(A, REFUSED);
  await rig.scheduler.advance(10_000);
  rig.state.setBackendCell(0, BackendCell.failuresInRow, 2);
  rig.answers.delete(A);
  const failed = rig.probes(A).length;
  await rig.scheduler.advance(10_000);
  assertEquals(rig.flips.map(({ up, reason }) => `${up} ${reason}`), [
    "false connection refused",
    "true 2 checks in a row passed",
  ]);
  assertEquals(rig.health(0), HEALTH.up);
  assertEquals(rig.state.backendCell(0, BackendCell.failuresInRow), 0);
  const firstPass = rig.probes(A)[failed] as number;
  assertEquals((rig.flips[1] as HealthFlip).atMs, firstPass + 500);
  await rig.checker.stop();
});

Deno.test("HealthChecker hurries while a verdict is in doubt, and only then", async () => {
  const rig = new Rig();
  rig.update(poolOf(A, INTERVAL));
  await rig.scheduler.advance(4100);
  rig.answers.set(A, REFUSED);
  await rig.scheduler.advance(7000);
  rig.answers.delete(A);
  await rig.scheduler.advance(4900);
  const times = rig.probes(A);
  const gaps = times.slice(1).map((time, index) => time - (times[index] as number));
  assertEquals(gaps, [2000, 2000, 2000, 500, 500, 2000, 2000, 2000, 500, 2000]);
  await rig.checker.stop();
});

Deno.test("HealthChecker waits up to a tenth longer than health_interval", async () => {
  const rig = new Rig(() => 0.5);
  rig.update(poolOf(A, INTERVAL));
  await rig.scheduler.advance(10_000);
  const times = rig.probes(A);
  assertEquals(times.map((time) => time - (times[0] as number)), [0, 2100, 4200, 6300, 8400]);
  await rig.checker.stop();
});

Deno.test("HealthChecker spreads the first checks over the interval, by one timer", async () => {
  const rig = new Rig();
  const start = rig.scheduler.nowMs();
  rig.update(poolOf(backendsOf(1000), INTERVAL));
  let mostWaiting = 0;
  for (let turn = 0; turn < 200; turn++) {
    await rig.scheduler.advance(10);
    mostWaiting = Math.max(mostWaiting, rig.scheduler.waiting);
  }
  assertEquals(mostWaiting, 1);
  const first = [...rig.probedMs.values()].map((times) => (times[0] as number) - start);
  assertEquals(first.length, 1000);
  for (let tenth = 0; tenth < 10; tenth++) {
    const count = first.filter((ms) => Math.floor(ms / 200) === tenth).length;
    assert(count >= 90 && count <= 110, `${count} checks in the ${tenth}th tenth`);
  }
  await rig.checker.stop();
  assertEquals(rig.scheduler.waiting, 0);
});

Deno.test("HealthChecker ends a check after health_timeout", async () => {
  const rig = new Rig();
  rig.update(poolOf(A, INTERVAL, "health_timeout = 1s"));
  rig.answers.set(A, "hang");
  await rig.scheduler.advance(500);
  assertEquals(rig.running, 1);
  await rig.scheduler.advance(600);
  assertEquals(rig.tally(0, BackendTally.checksFailed), 1);
  // Checks in doubt are due every half second, and none starts before the one before has ended.
  await rig.scheduler.advance(2000);
  assertEquals(rig.mostRunning, 1);
  assertEquals(rig.flips.map(({ reason }) => reason), ["no answer within 1s"]);
  assertEquals(rig.health(0), HEALTH.down);
  await rig.checker.stop();
});

Deno.test("HealthChecker runs so many checks at once and no more, and forgets none", async () => {
  const rig = new Rig();
  const count = 1000;
  for (const { name } of poolOf(backendsOf(count)).backends) rig.answers.set(name, "hang");
  rig.update(poolOf(backendsOf(count), "health_interval = 100ms", "health_timeout = 1s"));
  await rig.scheduler.advance(5000);
  assertEquals(rig.mostRunning, 256);
  assertEquals(rig.probedMs.size, count);
  await rig.checker.stop();
  assertEquals(rig.running, 0);
});

Deno.test("HealthChecker leaves a backend in maintenance alone, and checks one that drains", async () => {
  const rig = new Rig();
  rig.update(poolOf(`${A}, 127.0.0.1:2`, INTERVAL));
  rig.state.setBackendCell(0, BackendCell.mode, MODE.maintenance);
  rig.state.setBackendCell(1, BackendCell.mode, MODE.drain);
  rig.answers.set(A, REFUSED);
  rig.answers.set("127.0.0.1:2", REFUSED);
  await rig.scheduler.advance(20_000);
  assertEquals(rig.probes(A), []);
  assertEquals(rig.flips.map(({ row }) => row), [1]);
  rig.state.setBackendCell(0, BackendCell.mode, MODE.ready);
  await rig.scheduler.advance(4000);
  assertEquals(rig.flips.map(({ row }) => row), [1, 0]);
  await rig.checker.stop();
});

Deno.test("HealthChecker drops the result of a check that maintenance has overtaken", async () => {
  const rig = new Rig();
  rig.update(poolOf(A, INTERVAL, "health_fall = 1"));
  rig.answers.set(A, "hang");
  await rig.scheduler.advance(500);
  rig.state.setBackendCell(0, BackendCell.mode, MODE.maintenance);
  await rig.scheduler.advance(1000);
  assertEquals([rig.health(0), rig.flips.length], [HEALTH.up, 0]);
  await rig.checker.stop();
});

Deno.test("HealthChecker does not hold against backends what this machine lacks", async () => {
  const rig = new Rig();
  rig.update(poolOf(A, INTERVAL));
  rig.answers.set(A, OUT_OF_FILES);
  await rig.scheduler.advance(20_000);
  assertEquals([rig.health(0), rig.flips.length], [HEALTH.up, 0]);
  assertEquals(rig.tally(0, BackendTally.checksFailed), 0);
  await rig.checker.stop();
});

Deno.test("HealthChecker tells of a pass only where the check began during the ejection", async () => {
  const rig = new Rig();
  rig.update(poolOf(A, INTERVAL));
  await rig.scheduler.advance(100);
  assertEquals(rig.passesWhileEjected, []);
  rig.state.setBackendCell(0, BackendCell.ejection, EJECTION.ejected);
  await rig.scheduler.advance(2000);
  assertEquals(rig.passesWhileEjected, [0]);
  await rig.checker.stop();
});

Deno.test("HealthChecker says nothing for a backend's port by a check of another", async () => {
  const rig = new Rig();
  rig.update(poolOf(A, INTERVAL, "health_port = 9"));
  rig.state.setBackendCell(0, BackendCell.ejection, EJECTION.ejected);
  await rig.scheduler.advance(10_000);
  assertEquals([rig.probes(A).length > 2, rig.passesWhileEjected], [true, []]);
  await rig.checker.stop();
});

Deno.test("HealthChecker counts checks and flips, and notes since when a verdict holds", async () => {
  const rig = new Rig();
  const start = rig.scheduler.nowMs();
  const { checksPassed, checksFailed, downs } = BackendTally;
  const figures = () => [checksPassed, checksFailed, downs].map((tally) => rig.tally(0, tally));
  const sinceMs = () => rig.state.backendReading(0, BackendReading.healthSinceMs);
  rig.update(poolOf(A, INTERVAL, "health_fall = 2"));
  await rig.scheduler.advance(1000);
  assertEquals([figures(), sinceMs()], [[1, 0, 0], start]);
  rig.answers.set(A, REFUSED);
  await rig.scheduler.advance(2000);
  assertEquals([figures(), sinceMs()], [[1, 2, 1], rig.probes(A)[2] as number]);
  await rig.checker.stop();
});

Deno.test("HealthChecker.update() goes by a shorter interval at once, and spreads the checks", async () => {
  const rig = new Rig(Random.fromSeed(1).next);
  const count = 100;
  const backends = backendsOf(count);
  rig.update(poolOf(backends, "health_interval = 1d"));
  await rig.scheduler.advance(60_000);
  rig.probedMs.clear();
  const changedMs = rig.scheduler.nowMs();
  rig.update(poolOf(backends, "health_interval = 10s"));
  await rig.scheduler.advance(10_100);
  assertEquals(rig.probedMs.size, count);
  const firstMs = [...rig.probedMs.values()].map(([first = 0]) => first - changedMs);
  const early = firstMs.filter((ms) => ms < 5_000).length;
  assert(early > count / 4 && early < count * 3 / 4, `${early} in the first half`);
  await rig.checker.stop();
});

Deno.test("HealthChecker.update() keeps the verdict and the counts of whoever stays", async () => {
  const rig = new Rig();
  rig.update(poolOf(`${A}, 127.0.0.1:2`, INTERVAL));
  rig.answers.set(A, REFUSED);
  rig.answers.set("127.0.0.1:2", REFUSED);
  await rig.scheduler.advance(700);
  const epoch = rig.state.epoch;
  const failed = rig.probes(A).length;
  assertEquals(failed, 2);
  rig.update(poolOf(`${A}, 127.0.0.1:2`, INTERVAL, "algorithm = random"));
  assertEquals(rig.state.epoch, epoch);
  await rig.scheduler.advance(500);
  assertEquals([rig.probes(A).length, rig.flips.map(({ row }) => row)], [3, [0]]);
  rig.update(poolOf(`${A}, 127.0.0.1:3`, INTERVAL));
  assertEquals(rig.health(0), HEALTH.down);
  const gone = rig.probes("127.0.0.1:2").length;
  await rig.scheduler.advance(10_000);
  assertEquals(rig.probes("127.0.0.1:2").length, gone);
  assertEquals(rig.flips.map(({ row }) => row), [0]);
  assert(rig.probes("127.0.0.1:3").length > 3);
  await rig.checker.stop();
});

Deno.test("HealthChecker.update() begins anew for another backend in the same row", async () => {
  const rig = new Rig();
  rig.update(poolOf(A, INTERVAL));
  rig.answers.set(A, REFUSED);
  await rig.scheduler.advance(10_000);
  assertEquals(rig.health(0), HEALTH.down);
  rig.update(poolOf("127.0.0.1:2", INTERVAL));
  assertEquals(rig.health(0), HEALTH.up);
  await rig.checker.stop();
});

Deno.test("HealthChecker.update() lets a backend up that is checked no longer", async () => {
  const rig = new Rig();
  rig.update(poolOf(A, INTERVAL));
  rig.answers.set(A, REFUSED);
  await rig.scheduler.advance(10_000);
  rig.update(poolOf(A, INTERVAL, "health_check = off"));
  assertEquals(rig.health(0), HEALTH.up);
  assertEquals(rig.flips.map(({ up, reason }) => `${up} ${reason}`), [
    "false connection refused",
    "true it is no longer checked",
  ]);
  assertEquals(rig.scheduler.waiting, 0);
});

Deno.test("HealthChecker.update() checks at once where the check itself has changed", async () => {
  const rig = new Rig();
  rig.update(poolOf(A, INTERVAL));
  rig.answers.set(A, "hang");
  await rig.scheduler.advance(100);
  assertEquals(rig.running, 1);
  rig.answers.delete(A);
  rig.update(poolOf(A, INTERVAL, "health_check = http:/"));
  await rig.scheduler.advance(20);
  assertEquals([rig.running, rig.probes(A).length], [0, 2]);
  assertEquals(rig.tally(0, BackendTally.checksFailed), 0);
  await rig.checker.stop();
});

permittedTest(
  ["net"],
  "HealthChecker finds a real backend down when it stops, and up again",
  async () => {
    const flips: HealthFlip[] = [];
    let flipped = Promise.withResolvers<HealthFlip>();
    const state = SharedState.create(2);
    const checker = new HealthChecker({
      state,
      now: Date.now,
      random: Math.random,
      scheduler: SYSTEM_SCHEDULER,
      probes: PROBES,
      onFlip: (flip) => {
        flips.push(flip);
        flipped.resolve(flip);
      },
      onPassWhileEjected: () => {},
    });
    const backend = new TestBackend(() => Promise.resolve());
    const { port } = backend;
    const pool = poolOf(backend.name, "health_interval = 50ms", "health_timeout = 10s");
    checker.update([watch(state, pool)]);
    await backend[Symbol.asyncDispose]();
    const down = await flipped.promise;
    assertEquals([down.up, down.reason], [false, "connection refused"]);
    flipped = Promise.withResolvers();
    {
      await using _again = new TestBackend(() => Promise.resolve(), { port });
      assertEquals((await flipped.promise).up, true);
    }
    await checker.stop();
  },
);
