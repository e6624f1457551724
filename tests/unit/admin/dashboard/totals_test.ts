import { assertEquals } from "@std/assert";
import { addUp, countBackends } from "../../../../lib/admin/dashboard/page/totals.js";
import { sampleBackend, sampleListener, sampleStatus } from "../../../support/sample_status.ts";

Deno.test("addUp() adds what can be added, and keeps the slowest connect times", () => {
  const totals = addUp([
    sampleListener([], {
      figures: { active: 3 },
      rates: { sessionsPerSecond: 1, bytesInPerSecond: 10, connectTimeP50Ms: 2 },
    }),
    sampleListener([], {
      figures: { active: 4 },
      rates: { sessionsPerSecond: 2, errorsPerSecond: 5, connectTimeP50Ms: 1, connectTimeP99Ms: 9 },
    }),
  ]);
  assertEquals(totals, {
    active: 7,
    sessionsPerSecond: 3,
    bytesInPerSecond: 10,
    bytesOutPerSecond: 0,
    errorsPerSecond: 5,
    connectTimeP50Ms: 2,
    connectTimeP99Ms: 9,
  });
  assertEquals(addUp([]).connectTimeP50Ms, null);
});

Deno.test("countBackends() counts those that take sessions", () => {
  const backends = (["up", "trial", "down", "drain", "ejected"] as const).map((condition) =>
    sampleBackend(condition, { condition })
  );
  assertEquals(countBackends(sampleStatus([sampleListener(backends)])), { serving: 2, all: 5 });
});

Deno.test("countBackends() leaves out those that were removed", () => {
  const backends = (["up", "leaving", "down"] as const).map((condition) =>
    sampleBackend(condition, { condition })
  );
  assertEquals(countBackends(sampleStatus([sampleListener(backends)])), { serving: 1, all: 2 });
});
