import { assertAlmostEquals, assertEquals } from "@std/assert";
import { ShareMeter, wantedShares } from "../../../../lib/admin/dashboard/page/shares.js";
import {
  sampleBackend,
  sampleMapping,
  samplePool,
  sampleStatus,
} from "../../../support/sample_status.ts";

function statusAt(atMs: number, sessions: readonly number[], startedAtMs = 1): ReturnType<
  typeof sampleStatus
> {
  const backends = sessions.map((count, index) =>
    sampleBackend(`b${index}`, { figures: { sessions: count } })
  );
  return sampleStatus([sampleMapping(backends)], { atMs, startedAtMs });
}

Deno.test("wantedShares() goes by weight among those that take sessions", () => {
  const pool = samplePool([
    sampleBackend("a", { weight: 3 }),
    sampleBackend("b", { weight: 1 }),
    sampleBackend("c", { weight: 8, condition: "down" }),
    sampleBackend("d", { weight: 8, backup: true }),
  ]);
  assertEquals([...wantedShares(pool)], [["24003/a", 0.75], ["24003/b", 0.25]]);
});

Deno.test("wantedShares() turns to backups where there is nobody else", () => {
  const pool = samplePool([
    sampleBackend("a", { condition: "drain" }),
    sampleBackend("b", { backup: true }),
  ]);
  assertEquals([...wantedShares(pool)], [["24003/b", 1]]);
});

Deno.test("wantedShares() ignores weights where the algorithm does", () => {
  const pool = samplePool(
    [sampleBackend("a", { weight: 3 }), sampleBackend("b", { weight: 1 })],
    { algorithm: "round_robin" },
  );
  assertEquals([...wantedShares(pool).values()], [0.5, 0.5]);
});

Deno.test("ShareMeter knows nothing before a second look", () => {
  const meter = new ShareMeter();
  meter.add(statusAt(1000, [900, 100]));
  assertEquals(meter.of("24003/b0").actual, undefined);
  assertEquals(meter.of("nobody"), { actual: undefined, wanted: undefined });
});

Deno.test("ShareMeter counts new sessions, recent ones more than old ones", () => {
  const meter = new ShareMeter();
  meter.add(statusAt(1000, [0, 0]));
  meter.add(statusAt(2000, [30, 10]));
  assertEquals(meter.of("24003/b0").actual, 0.75);
  meter.add(statusAt(22_000, [30, 30]));
  assertAlmostEquals(meter.of("24003/b0").actual ?? NaN, 15 / 40);
});

Deno.test("ShareMeter starts over when Weir was restarted", () => {
  const meter = new ShareMeter();
  meter.add(statusAt(1000, [0, 0]));
  meter.add(statusAt(2000, [30, 10]));
  meter.add(statusAt(3000, [1, 0], 2));
  assertEquals(meter.of("24003/b0").actual, undefined);
});
