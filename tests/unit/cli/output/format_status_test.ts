import { assertEquals } from "@std/assert";
import { formatStatus } from "../../../../lib/cli/output/format_status.ts";
import {
  sampleBackend,
  sampleListener,
  sampleMapping,
  samplePool,
  sampleStatus,
} from "../../../support/sample_status.ts";

Deno.test("formatStatus() tells the verdict first, and then each backend in a line", () => {
  const status = sampleStatus([sampleMapping(
    [
      sampleBackend("127.0.0.1:8080", {
        weight: 3,
        figures: { active: 12 },
        rates: {
          sessionsPerSecond: 6,
          bytesOutPerSecond: 2048,
          connectTimeP50Ms: 0.5,
          connectTimeP99Ms: 2,
        },
      }),
      sampleBackend("127.0.0.1:8081", {
        condition: "down",
        lastChange: {
          atMs: 1_700_000_000_000,
          text: "Backend 127.0.0.1:8081 of pool 24003 is down: timed out",
        },
      }),
    ],
    { figures: { active: 12 }, rates: { sessionsPerSecond: 6 } },
    {
      rates: { bytesOutPerSecond: 2048 },
    },
  )]);
  assertEquals(formatStatus(status).split("\n"), [
    "Weir 0.1.0, setup.cfg, up for 1 min: 1 problem",
    "  Backend 127.0.0.1:8081 of 24003 is down: timed out",
    "12 sessions, 6.0 new/s, 0 B/s in, 2.00 KiB/s out, 0 errors/s",
    "",
    "24003 listens on 0.0.0.0:24003",
    "  BACKEND         STATE  SHARE  ASKED  ACTIVE  NEW/S   BYTES/S      P50     P99  LAST CHANGE",
    "  127.0.0.1:8080  Up     100 %  100 %      12    6.0  2.00 KiB  0.50 ms  2.0 ms",
    "  127.0.0.1:8081  Down     0 %      –       0      0       0 B        –       –  " +
    "is down: timed out, 1 min ago",
    "",
  ]);
});

Deno.test("formatStatus() lists ten problems, or all of them where that is asked for", () => {
  const backends = Array.from(
    { length: 12 },
    (_, i) => sampleBackend(`b${i}:1`, { condition: "down" }),
  );
  const status = sampleStatus([sampleMapping(backends)]);
  const lines = formatStatus(status).split("\n");
  assertEquals(lines[0]?.endsWith(": 12 problems"), true);
  assertEquals(lines.slice(10, 13), [
    "  Backend b9:1 of 24003 is down",
    "  and 2 more (--all lists them)",
    "0 sessions, 0 new/s, 0 B/s in, 0 B/s out, 0 errors/s",
  ]);
  assertEquals(formatStatus(status, true).split("\n")[12], "  Backend b11:1 of 24003 is down");
});

Deno.test("formatStatus() does not let control characters reach the terminal", () => {
  const text = "Backend a\x1b[31m is down";
  const backend = sampleBackend("a\x1b[2J", { condition: "down", lastChange: { atMs: 1, text } });
  assertEquals(formatStatus(sampleStatus([sampleMapping([backend])])).includes("\x1b"), false);
});

Deno.test("formatStatus() says what was removed and still has sessions", () => {
  const backend = sampleBackend("127.0.0.1:8080", { condition: "leaving", figures: { active: 2 } });
  const removed = sampleMapping([backend], { leaving: true, figures: { active: 2 } });
  const lines = formatStatus(sampleStatus([removed])).split("\n");
  assertEquals(lines[1], "2 sessions, 0 new/s, 0 B/s in, 0 B/s out, 0 errors/s");
  assertEquals(lines[3], "24003 was removed and is finishing its sessions");
  assertEquals(lines[5]?.split(/ +/).slice(1, 6), ["127.0.0.1:8080", "Leaving", "–", "–", "2"]);
});

Deno.test("formatStatus() shows a pool once, after the listeners that use it", () => {
  const status = sampleStatus([
    {
      listeners: [
        sampleListener({
          key: "edge",
          pool: "app",
          addresses: ["0.0.0.0:443", "[::1]:8443"],
          figures: { active: 2 },
        }),
        sampleListener({ key: "web", pool: "app", figures: { active: 1 } }),
      ],
      pools: [samplePool([sampleBackend("blue", { id: "app/blue", condition: "down" })], {
        name: "app",
      })],
    },
    { listeners: [], pools: [samplePool([], { name: "spare" })] },
    { listeners: [], pools: [samplePool([], { name: "old", leaving: true })] },
  ]);
  const lines = formatStatus(status).split("\n");
  assertEquals(lines.slice(1, 9), [
    "  Backend blue of app is down",
    "3 sessions, 0 new/s, 0 B/s in, 0 B/s out, 0 errors/s",
    "",
    "edge listens on 0.0.0.0:443, [::1]:8443, pool app",
    "",
    "web listens on 0.0.0.0:24003, pool app",
    "",
    "pool app serves edge, web",
  ]);
  assertEquals(lines[10]?.split(/ +/).slice(1, 3), ["blue", "Down"]);
  assertEquals(lines.filter((line) => /^pool (spare|old)/.test(line)), [
    "pool spare is unused",
    "pool old was removed and is finishing its sessions",
  ]);
});
