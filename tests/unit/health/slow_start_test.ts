import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Lease } from "../../../lib/balance/lease.ts";
import { Ledger } from "../../../lib/balance/ledger.ts";
import { NONE_TRIED, Pool } from "../../../lib/balance/pool.ts";
import { Random } from "../../../lib/base/random.ts";
import { ALGORITHM_NAMES, type AlgorithmName } from "../../../lib/config/settings.ts";
import { SlowStart, slowStartFactor } from "../../../lib/health/slow_start.ts";
import { HEALTH, MODE } from "../../../lib/state/codes.ts";
import { BackendCell } from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { ManualScheduler } from "./manual_scheduler.ts";
import { poolOf, watch } from "./watched.ts";

class Rig {
  readonly state = SharedState.create(2);
  readonly scheduler = new ManualScheduler();
  readonly slowStart = new SlowStart(this);

  constructor(backends: string, ...options: readonly string[]) {
    this.reload(backends, ...options);
  }

  reload(backends: string, ...options: readonly string[]): void {
    this.slowStart.update([watch(this.state, poolOf(backends, ...options))]);
  }

  weight(row: number): number {
    return this.state.backendCell(row, BackendCell.weight);
  }

  /** The weights of a backend at the end of each step. */
  async weights(row: number, steps: number, stepMs: number): Promise<number[]> {
    const weights: number[] = [];
    for (let step = 0; step < steps; step++) {
      await this.scheduler.advance(stepMs);
      weights.push(this.weight(row));
    }
    return weights;
  }

  setHealth(row: number, health: number): void {
    this.state.setBackendCell(row, BackendCell.health, health);
  }
}

const TWO = "127.0.0.1:1, 127.0.0.1:2";
const TEN_SECONDS = "slow_start = 10s";

Deno.test("SlowStart raises a weight as the formula says, and ends at exactly all of it", async () => {
  const rig = new Rig("127.0.0.1:1:3, 127.0.0.1:2", TEN_SECONDS);
  assertEquals(rig.weight(0), 300);
  const epoch = rig.state.epoch;
  rig.slowStart.begin(0);
  assertEquals([rig.weight(0), rig.weight(1), rig.state.epoch], [30, 100, epoch + 1]);
  assertEquals(await rig.weights(0, 11, 1000), [
    ...[30, 60, 90, 120, 150, 180, 210, 240, 270],
    ...[300, 300],
  ]);
  assertEquals(rig.state.epoch, epoch + 10);
  assertEquals([rig.scheduler.waiting, rig.slowStart.rising.size], [0, 0]);
});

Deno.test("SlowStart raises a weight in fifty steps where the window is long", async () => {
  const rig = new Rig(TWO, "slow_start = 500s");
  const epoch = rig.state.epoch;
  rig.slowStart.begin(1);
  await rig.scheduler.advance(9_999);
  assertEquals(rig.weight(1), 10);
  await rig.scheduler.advance(240_001);
  assertEquals(rig.weight(1), 50);
  await rig.scheduler.advance(250_000);
  assertEquals(rig.weight(1), 100);
  assert(rig.state.epoch - epoch <= 50);
});

/** Whether the sessions of a measurement go on side by side, or each ends before the next begins. */
type Pace = "side by side" | "one by one";

const IGNORES_WEIGHTS: AlgorithmName = "round_robin";
/** While no backend is busy the lighter of two has the higher load of both, and gets nothing. */
const GO_BY_LOAD: readonly AlgorithmName[] = ["p2c", "least_time"];
const KNOW_WEIGHTS = ALGORITHM_NAMES.filter((name) => name !== IGNORES_WEIGHTS);
const CASES: readonly (readonly [AlgorithmName, Pace])[] = [
  ...KNOW_WEIGHTS.map((name) => [name, "side by side"] as const),
  ...KNOW_WEIGHTS.filter((name) => !GO_BY_LOAD.includes(name)).map((name) =>
    [name, "one by one"] as const
  ),
];
for (const [algorithm, pace] of CASES) {
  Deno.test(`SlowStart gives the share that the formula says of sessions ${pace} by ${algorithm}`, async () => {
    const options = [TEN_SECONDS, `algorithm = ${algorithm}`];
    const rig = new Rig(TWO, ...options);
    const pool = new Pool({ settings: poolOf(TWO, ...options), row: 0, backendRows: [0, 1] }, {
      state: rig.state,
      ledger: new Ledger({
        state: rig.state,
        slot: 0,
        poolRow: 0,
        now: rig.scheduler.nowMs,
        watcher: {
          takeTrial: () => false,
          connected: () => {},
          succeeded: () => {},
          failed: () => {},
          reset: () => {},
          abandoned: () => {},
        },
      }),
      random: Random.fromSeed(1).next,
      now: rig.scheduler.nowMs,
    });
    rig.slowStart.begin(1);
    let atMs = 0;
    for (
      const [untilMs, factor] of [[0, 0.1], [2000, 0.2], [5000, 0.5], [9000, 0.9], [10_000, 1]]
    ) {
      await rig.scheduler.advance(untilMs as number - atMs);
      atMs = untilMs as number;
      const expected = (factor as number) / (1 + (factor as number));
      assertAlmostEquals(shareOf(pool, 1, pace), expected, 0.02, `after ${atMs} ms`);
    }
  });
}

/** The share of many sessions, each of another client, that the backend of a row gets. */
function shareOf(pool: Pool, row: number, pace: Pace): number {
  const sessions = 11_000;
  const open: Lease[] = [];
  let count = 0;
  for (let session = 0; session < sessions; session++) {
    const lease = pool.acquire({ addressHash: Math.imul(session, 0x9e3779b1) >>> 0 }, NONE_TRIED);
    assert(lease instanceof Lease);
    if (lease.row === row) count++;
    if (pace === "side by side") open.push(lease);
    else lease.end("served");
  }
  for (const lease of open) lease.end("served");
  return count / sessions;
}

Deno.test("SlowStart is ignored while a backend is alone", async () => {
  const rig = new Rig("127.0.0.1:1, 127.0.0.1:2, 127.0.0.1:3 backup", TEN_SECONDS);
  rig.setHealth(1, HEALTH.down);
  rig.slowStart.begin(0);
  assertEquals(rig.weight(0), 100);
  await rig.scheduler.advance(3000);
  assertEquals(rig.weight(0), 100);
  rig.setHealth(1, HEALTH.up);
  rig.slowStart.begin(1);
  // Both came back within three seconds, and share by how long they are there.
  assertEquals([rig.weight(0), rig.weight(1)], [30, 10]);
  rig.setHealth(1, HEALTH.down);
  rig.slowStart.cancel(1);
  assertEquals([rig.weight(0), rig.weight(1)], [100, 100]);
  rig.slowStart.stop();
});

Deno.test("SlowStart does not count on a backend that takes no sessions", () => {
  const rig = new Rig(TWO, TEN_SECONDS);
  rig.state.setBackendCell(1, BackendCell.mode, MODE.drain);
  rig.slowStart.begin(0);
  assertEquals(rig.weight(0), 100);
  rig.slowStart.stop();
});

Deno.test("SlowStart does nothing where slow_start is 0", () => {
  const rig = new Rig(TWO);
  rig.slowStart.begin(0);
  assertEquals([rig.weight(0), rig.scheduler.waiting], [100, 0]);
});

Deno.test("SlowStart starts anew when a backend goes down on its way up", async () => {
  const rig = new Rig(TWO, TEN_SECONDS);
  rig.slowStart.begin(0);
  await rig.scheduler.advance(6000);
  rig.slowStart.cancel(0);
  assertEquals([rig.weight(0), rig.scheduler.waiting], [100, 0]);
  rig.slowStart.begin(0);
  assertEquals(rig.weight(0), 10);
  rig.slowStart.stop();
});

Deno.test("SlowStart follows the end of an ejection only where nothing is checked", () => {
  const checked = new Rig(TWO, TEN_SECONDS, "health_check = tcp");
  checked.slowStart.ejectionChanged(0, false);
  assertEquals(checked.weight(0), 100);
  const unchecked = new Rig(TWO, TEN_SECONDS, "health_check = off");
  unchecked.slowStart.ejectionChanged(0, true);
  assertEquals(unchecked.weight(0), 100);
  unchecked.slowStart.ejectionChanged(0, false);
  assertEquals(unchecked.weight(0), 10);
  unchecked.slowStart.stop();
});

Deno.test("SlowStart takes over weights that change meanwhile", async () => {
  const rig = new Rig("127.0.0.1:1:2, 127.0.0.1:2", TEN_SECONDS);
  rig.slowStart.begin(0);
  await rig.scheduler.advance(5000);
  assertEquals(rig.weight(0), 100);
  rig.slowStart.setWeight(0, 4);
  assertEquals(rig.weight(0), 200);
  rig.slowStart.setWeight(1, 7);
  assertEquals(rig.weight(1), 700);
  rig.slowStart.setWeight(0, 0);
  assertEquals(rig.weight(0), 0);
  rig.reload("127.0.0.1:1:6, 127.0.0.1:2", TEN_SECONDS);
  assertEquals([rig.weight(0), rig.weight(1)], [300, 100]);
  await rig.scheduler.advance(5000);
  assertEquals(rig.weight(0), 600);
});

Deno.test("SlowStart.update() goes by another window, and ends without one", async () => {
  const rig = new Rig(TWO, TEN_SECONDS);
  rig.slowStart.begin(0);
  await rig.scheduler.advance(5000);
  rig.reload(TWO, "slow_start = 20s");
  assertEquals(rig.weight(0), 25);
  rig.reload(TWO, "slow_start = 0");
  assertEquals([rig.weight(0), rig.scheduler.waiting], [100, 0]);
});

Deno.test("SlowStart.update() starts a backend slowly that a reload adds or takes out of maintenance", () => {
  const rig = new Rig(`${TWO}, 127.0.0.1:3 maintenance`, TEN_SECONDS);
  assertEquals([0, 1, 2].map((row) => rig.weight(row)), [100, 100, 100]);
  rig.reload(`${TWO}, 127.0.0.1:3, 127.0.0.1:4`, TEN_SECONDS);
  assertEquals([0, 1, 2, 3].map((row) => rig.weight(row)), [100, 100, 10, 10]);
  rig.reload(TWO, TEN_SECONDS);
  assertEquals(rig.slowStart.rising.size, 0);
  rig.slowStart.stop();
});

Deno.test("slowStartFactor() follows Envoy's formula with a window of a minute", () => {
  const table = [[0, 0.1], [1, 0.1], [6, 0.1], [15, 0.25], [30, 0.5], [45, 0.75], [59, 0.983]];
  for (const [seconds, factor] of table as [number, number][]) {
    assertAlmostEquals(slowStartFactor(seconds * 1000, 60_000), factor, 0.0005);
  }
});

Deno.test("slowStartFactor() counts the first second as whole", () => {
  assertEquals(slowStartFactor(0, 2000), 0.5);
  assertEquals(slowStartFactor(0, 500), 1);
});

Deno.test("slowStartFactor() is 1 once the window is over, and without one", () => {
  assertEquals(slowStartFactor(60_000, 60_000), 1);
  assertEquals(slowStartFactor(90_000, 60_000), 1);
  assertEquals(slowStartFactor(0, 0), 1);
});
