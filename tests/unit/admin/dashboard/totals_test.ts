import { assertEquals } from "@std/assert";
import { addUp, countBackends } from "../../../../lib/admin/dashboard/page/totals.js";
import { sampleBackend, sampleMapping, sampleStatus } from "../../../support/sample_status.ts";

Deno.test("addUp() takes sessions from listeners, bytes from pools, and errors from both", () => {
  const status = sampleStatus([
    sampleMapping(
      [],
      { figures: { active: 3 }, rates: { sessionsPerSecond: 1, refusedPerSecond: 2 } },
      { figures: { active: 2 }, rates: { bytesInPerSecond: 10, sessionsPerSecond: 7 } },
    ),
    sampleMapping([], { key: "b", figures: { active: 4 }, rates: { sessionsPerSecond: 2 } }, {
      rates: { bytesInPerSecond: 1, bytesOutPerSecond: 5, errorsPerSecond: 3 },
    }),
  ]);
  assertEquals(addUp(status), {
    active: 7,
    sessionsPerSecond: 3,
    bytesInPerSecond: 11,
    bytesOutPerSecond: 5,
    errorsPerSecond: 5,
  });
});

Deno.test("countBackends() counts those that take sessions", () => {
  const backends = (["up", "trial", "down", "drain", "ejected"] as const).map((condition) =>
    sampleBackend(condition, { condition })
  );
  assertEquals(countBackends(sampleStatus([sampleMapping(backends)])), { serving: 2, all: 5 });
});

Deno.test("countBackends() leaves out those that were removed", () => {
  const backends = (["up", "leaving", "down"] as const).map((condition) =>
    sampleBackend(condition, { condition })
  );
  assertEquals(countBackends(sampleStatus([sampleMapping(backends)])), { serving: 1, all: 2 });
});
