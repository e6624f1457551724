import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { EjectionKeeper } from "../../../lib/health/ejection_keeper.ts";
import { PassiveHealth } from "../../../lib/health/passive_health.ts";
import { EJECTION, HEALTH } from "../../../lib/state/codes.ts";
import { BackendCell } from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { ManualScheduler } from "./manual_scheduler.ts";
import { backendsOf, poolOf, watch } from "./watched.ts";

const OPTIONS = ["fail_timeout = 10s", "connect_timeout = 5s", "max_fails = 3"];

/** One pool, a keeper for it and a worker; what the keeper reports, as text. */
class Rig {
  readonly state = SharedState.create(2);
  readonly scheduler = new ManualScheduler();
  readonly reports: string[] = [];
  readonly lastsMs: number[] = [];
  readonly keeper: EjectionKeeper;
  readonly worker: PassiveHealth;

  constructor(backends: string, ...options: readonly string[]) {
    const { state, scheduler } = this;
    const pool = watch(state, poolOf(backends, ...options));
    this.keeper = new EjectionKeeper({
      state,
      now: scheduler.nowMs,
      scheduler,
      onChange: ({ row, ejected, again, lastsMs, reason }) => {
        this.reports.push(`${row} ${ejected ? "out" : "in"}${again ? " again" : ""}: ${reason}`);
        this.lastsMs.push(lastsMs);
      },
    });
    this.keeper.update([pool]);
    this.worker = new PassiveHealth(pool, {
      state,
      slot: 0,
      now: scheduler.nowMs,
      random: () => 0,
    });
  }

  reload(backends: string, ...options: readonly string[]): void {
    const pool = watch(this.state, poolOf(backends, ...options));
    this.keeper.update([pool]);
    this.worker.update(pool);
  }

  eject(row: number): void {
    for (let time = 0; time < 3; time++) this.worker.failed(row, false);
  }

  code(row: number): number {
    return this.state.backendCell(row, BackendCell.ejection);
  }

  /** Lets the ejection run out and takes the trial. */
  async reachTrial(row: number): Promise<void> {
    while (this.code(row) !== EJECTION.trialOpen) await this.scheduler.advance(250);
    assert(this.worker.takeTrial(row));
  }
}

const OUT = "0 out: 3 connections in a row failed";

Deno.test("EjectionKeeper reports once what a worker has ejected, and for how long", async () => {
  const rig = new Rig(backendsOf(2), ...OPTIONS);
  rig.eject(0);
  // It is reported up to a quarter of a second late, but its length is unaffected.
  await rig.scheduler.advance(250);
  assertEquals([rig.reports, rig.lastsMs], [[OUT], [10_000]]);
  await rig.scheduler.advance(5000);
  assertEquals(rig.reports.length, 1);
  rig.keeper.stop();
  assertEquals(rig.scheduler.waiting, 0);
});

Deno.test("EjectionKeeper opens the trial when the time is over", async () => {
  const rig = new Rig(backendsOf(2), ...OPTIONS);
  rig.eject(0);
  await rig.scheduler.advance(9_900);
  assertEquals(rig.code(0), EJECTION.ejected);
  const epoch = rig.state.epoch;
  await rig.scheduler.advance(250);
  assertEquals([rig.code(0), rig.state.epoch], [EJECTION.trialOpen, epoch + 1]);
  await rig.scheduler.advance(60_000);
  assertEquals(rig.code(0), EJECTION.trialOpen);
  assertEquals(rig.reports, [OUT]);
  rig.keeper.stop();
});

Deno.test("EjectionKeeper reports how the trial went", async () => {
  const rig = new Rig(backendsOf(2), ...OPTIONS);
  rig.eject(0);
  await rig.reachTrial(0);
  rig.worker.failed(0, true);
  await rig.reachTrial(0);
  rig.worker.succeeded(0, true);
  await rig.scheduler.advance(250);
  assertEquals(rig.reports, [
    OUT,
    "0 out again: the trial session failed",
    "0 in: the trial session succeeded",
  ]);
  rig.keeper.stop();
});

Deno.test("EjectionKeeper gives a trial that tells nothing to another session", async () => {
  const rig = new Rig(backendsOf(2), ...OPTIONS);
  rig.eject(0);
  await rig.reachTrial(0);
  await rig.scheduler.advance(14_500);
  assertEquals(rig.code(0), EJECTION.onTrial);
  await rig.scheduler.advance(1000);
  assertEquals(rig.code(0), EJECTION.trialOpen);
  rig.keeper.stop();
});

Deno.test("EjectionKeeper forgets one ejection in a row for every good fail_timeout", async () => {
  const rig = new Rig(backendsOf(2), ...OPTIONS);
  const inRow = (): number => rig.state.backendCell(0, BackendCell.ejectionsInRow);
  rig.eject(0);
  await rig.reachTrial(0);
  rig.worker.failed(0, true);
  await rig.reachTrial(0);
  rig.worker.succeeded(0, true);
  assertEquals(inRow(), 2);
  await rig.scheduler.advance(10_000);
  assertEquals(inRow(), 2);
  await rig.scheduler.advance(500);
  assertEquals(inRow(), 1);
  await rig.scheduler.advance(10_000);
  assertEquals(inRow(), 0);
  rig.eject(0);
  await rig.scheduler.advance(250);
  assertEquals(rig.lastsMs, [10_000, 20_000, 0, 10_000]);
  rig.keeper.stop();
});

Deno.test("EjectionKeeper.clear() ends an ejection in whatever state it is", async () => {
  const { ejected, trialOpen, onTrial } = EJECTION;
  for (const code of [ejected, trialOpen, onTrial]) {
    const rig = new Rig(backendsOf(2), ...OPTIONS);
    rig.eject(0);
    await rig.scheduler.advance(250);
    rig.state.setBackendCell(0, BackendCell.ejection, code);
    rig.keeper.clear(0, "a check passed");
    rig.keeper.clear(0, "a check passed");
    await rig.scheduler.advance(1000);
    assertEquals([rig.code(0), rig.reports], [EJECTION.none, [OUT, "0 in: a check passed"]]);
    rig.keeper.stop();
  }
});

/** As seen by a client that sends nothing. */
const RESET = { hadInput: false, openMs: 0, clientKey: 1n };

Deno.test("EjectionKeeper.checkPassed() ends an ejection for connections that failed", async () => {
  const rig = new Rig(backendsOf(2), ...OPTIONS);
  rig.eject(0);
  await rig.scheduler.advance(250);
  rig.keeper.checkPassed(0);
  assertEquals([rig.code(0), rig.reports], [EJECTION.none, [OUT, "0 in: a health check passed"]]);
  rig.keeper.stop();
});

Deno.test("EjectionKeeper.checkPassed() leaves an ejection for resets to the trial", async () => {
  for (const failures of [0, 2]) {
    const rig = new Rig(backendsOf(2), ...OPTIONS);
    for (let time = 0; time < failures; time++) rig.worker.failed(0, false);
    for (let time = failures; time < 3; time++) rig.worker.reset(0, false, RESET);
    await rig.scheduler.advance(250);
    rig.keeper.checkPassed(0);
    assertEquals(rig.code(0), EJECTION.ejected);
    assertEquals(rig.reports, [
      failures === 0
        ? "0 out: 3 sessions in a row were reset"
        : "0 out: 3 sessions in a row failed, some of them by a reset",
    ]);
    await rig.reachTrial(0);
    rig.keeper.checkPassed(0);
    assertEquals(rig.code(0), EJECTION.onTrial);
    rig.worker.succeeded(0, true);
    assertEquals(rig.code(0), EJECTION.none);
    // The next ejection has its own reasons.
    rig.eject(0);
    rig.keeper.checkPassed(0);
    assertEquals(rig.code(0), EJECTION.none);
    rig.keeper.stop();
  }
});

Deno.test("EjectionKeeper.checkPassed() leaves it to the next trial where one was reset", async () => {
  const rig = new Rig(backendsOf(2), ...OPTIONS);
  rig.eject(0);
  await rig.reachTrial(0);
  rig.worker.reset(0, true, RESET);
  await rig.scheduler.advance(250);
  rig.keeper.checkPassed(0);
  assertEquals(rig.code(0), EJECTION.ejected);
  rig.keeper.stop();
});

Deno.test("EjectionKeeper takes the last ejection back when nobody else is left", async () => {
  const rig = new Rig(backendsOf(3), ...OPTIONS);
  rig.eject(0);
  await rig.scheduler.advance(250);
  rig.state.setBackendCell(1, BackendCell.health, HEALTH.down);
  rig.state.setBackendCell(2, BackendCell.health, HEALTH.down);
  rig.state.advanceEpoch();
  await rig.scheduler.advance(250);
  assertEquals(rig.code(0), EJECTION.none);
  assertEquals(rig.reports[1], "0 in: the pool has no other backend left");
  rig.keeper.stop();
});

Deno.test("EjectionKeeper.update() keeps ejections of those who stay and drops the others", async () => {
  const rig = new Rig(backendsOf(4), ...OPTIONS);
  rig.eject(0);
  rig.eject(3);
  await rig.scheduler.advance(250);
  rig.reload(`127.0.0.1:1, 127.0.0.1:2, 127.0.0.1:3`, ...OPTIONS, "algorithm = random");
  assertEquals([rig.code(0), rig.code(3)], [EJECTION.ejected, EJECTION.none]);
  assertEquals(rig.state.backendCell(3, BackendCell.ejectionsInRow), 0);
  await rig.scheduler.advance(10_000);
  assertEquals(rig.code(0), EJECTION.trialOpen);
  assertEquals(rig.reports.length, 2);
  rig.keeper.stop();
});

Deno.test("EjectionKeeper.update() takes back what the settings no longer allow", async () => {
  const rig = new Rig(backendsOf(4), ...OPTIONS);
  rig.eject(0);
  await rig.scheduler.advance(1000);
  rig.eject(1);
  await rig.scheduler.advance(250);
  rig.reload(backendsOf(4), ...OPTIONS, "max_ejected = 25%");
  assertEquals([rig.code(0), rig.code(1)], [EJECTION.none, EJECTION.ejected]);
  rig.reload(backendsOf(4), "max_fails = 0");
  assertEquals(rig.code(1), EJECTION.none);
  assertEquals(rig.reports.slice(2), [
    "0 in: the settings no longer allow the ejection",
    "1 in: the settings no longer allow the ejection",
  ]);
  rig.keeper.stop();
});

Deno.test("EjectionKeeper takes back what a worker with older settings ejects", async () => {
  const rig = new Rig(backendsOf(4), ...OPTIONS);
  rig.keeper.update([watch(rig.state, poolOf(backendsOf(4), "max_fails = 0"))]);
  rig.eject(0);
  await rig.scheduler.advance(500);
  assertEquals(rig.code(0), EJECTION.none);
  rig.keeper.stop();
});

Deno.test("EjectionKeeper lets nobody out for good, whatever sessions tell", async () => {
  const step = fc.record({ row: fc.nat({ max: 2 }), good: fc.boolean(), ms: fc.nat(20_000) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const rig = new Rig(backendsOf(3), ...OPTIONS);
      for (const { row, good, ms } of steps) {
        if (good) rig.worker.succeeded(row, rig.worker.takeTrial(row));
        else rig.worker.failed(row, rig.worker.takeTrial(row));
        await rig.scheduler.advance(ms);
      }
      await rig.scheduler.advance(400_000);
      for (const row of [0, 1, 2]) {
        if (rig.worker.takeTrial(row)) rig.worker.succeeded(row, true);
        assertEquals(rig.code(row), EJECTION.none);
      }
      rig.keeper.stop();
    }),
    { numRuns: 30 },
  );
});
