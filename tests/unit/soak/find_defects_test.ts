import { assertEquals, assertMatch } from "@std/assert";
import { findDefects, type SoakTraces } from "../../soak/find_defects.ts";
import type { ClientOutcome } from "../../support/load.ts";
import type { TimedRecord } from "../../support/reloadable_weir.ts";

const LISTENER = "127.0.0.1:1000";
const AT_MS = Date.parse("2026-01-01T00:00:10.000Z");
const FAILED: ClientOutcome = {
  index: 3,
  port: 5000,
  startedAtMs: AT_MS,
  endedAtMs: AT_MS + 400,
  problem: "Got 0 bytes and then the end, not 9",
};
const RECORD: TimedRecord = {
  time: "2026-01-01T00:00:10.001Z",
  client: "127.0.0.1:5000",
  listener: LISTENER,
  pool: LISTENER,
  backend: "127.0.0.1:1",
  connect_ms: 0,
  duration_ms: 400,
  bytes_in: 9,
  bytes_out: 0,
  retries: 0,
  tried: [],
  close_code: "SD",
  ended_by: "backend",
  phase: "relay",
  reason: "backend aborted while relaying",
};

function traces(change: Partial<SoakTraces>): SoakTraces {
  return {
    listener: LISTENER,
    started: 1,
    failed: [],
    kills: [],
    records: [RECORD],
    log: "",
    metrics: new Map([[`weir_listener_accepted_total{listener="${LISTENER}"}`, 1]]),
    residentBytes: [],
    sockets: [11, 11],
    ...change,
  };
}

Deno.test("findDefects() finds none where there is none", () => {
  assertEquals(findDefects(traces({})), { defects: [], explained: 0 });
});

Deno.test("findDefects() lets a kill explain the sessions of that backend at that time alone", () => {
  const kill = { backend: "127.0.0.1:1", fromMs: AT_MS + 300, toMs: AT_MS + 310 };
  assertEquals(findDefects(traces({ failed: [FAILED], kills: [kill] })), {
    defects: [],
    explained: 1,
  });
  const others = [
    [],
    [{ ...kill, backend: "127.0.0.1:2" }],
    [{ ...kill, fromMs: AT_MS + 401, toMs: AT_MS + 402 }],
    [{ ...kill, fromMs: AT_MS - 20, toMs: AT_MS - 10 }],
  ];
  for (const kills of others) {
    const { defects, explained } = findDefects(traces({ failed: [FAILED], kills }));
    assertEquals([defects.length, explained], [1, 0]);
    assertMatch(defects[0] as string, /^Client 3 failed after 400 ms: Got 0 bytes.*"SD"/);
  }
});

Deno.test("findDefects() lets a kill explain a reset that overtook the news of a connection", () => {
  const problem = "Connection reset by peer (os error 104)";
  const failed = [{ ...FAILED, port: 0, problem }];
  const kills = [{ backend: "127.0.0.1:1", fromMs: AT_MS + 300, toMs: AT_MS + 310 }];
  assertEquals(findDefects(traces({ failed, kills })), { defects: [], explained: 1 });
  const refused = [{ ...FAILED, port: 0, problem: "Connection refused (os error 111)" }];
  for (const wrong of [traces({ failed }), traces({ failed: refused, kills })]) {
    assertEquals(findDefects(wrong).explained, 0);
  }
});

Deno.test("findDefects() tells of a client that was never logged", () => {
  const kill = { backend: "127.0.0.1:1", fromMs: AT_MS + 300, toMs: AT_MS + 310 };
  const { defects } = findDefects(traces({ failed: [FAILED], kills: [kill], records: [] }));
  assertMatch(defects[0] as string, /it is not in the access log/);
  assertMatch(defects[1] as string, /1 clients were accepted, and the access log has 0 lines/);
});

Deno.test("findDefects() tells of unexpected errors, counts that stay, sockets and memory", () => {
  const metrics = new Map([
    [`weir_listener_accepted_total{listener="${LISTENER}"}`, 1],
    [`weir_backend_active_sessions{pool="${LISTENER}",backend="127.0.0.1:1"}`, 1],
  ]);
  const { defects } = findDefects(traces({
    metrics,
    log: "fine\nA session ended with an unexpected error in phase\n",
    sockets: [11, 12],
    residentBytes: Array.from({ length: 50 }, (_, index) => index < 25 ? 100 : 130),
  }));
  assertEquals(defects.length, 4, defects.join("\n"));
});
