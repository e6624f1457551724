import { assertEquals } from "@std/assert";
import { formatStatus } from "../../../../lib/cli/output/format_status.ts";
import { sampleBackend, sampleListener, sampleStatus } from "../../../support/sample_status.ts";

Deno.test("formatStatus() tells the verdict first, and then each backend in a line", () => {
  const status = sampleStatus([sampleListener([
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
  ], { figures: { active: 12 }, rates: { sessionsPerSecond: 6, bytesOutPerSecond: 2048 } })]);
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
  const status = sampleStatus([sampleListener(backends)]);
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
  assertEquals(formatStatus(sampleStatus([sampleListener([backend])])).includes("\x1b"), false);
});

Deno.test("formatStatus() says what was removed and still has sessions", () => {
  const backend = sampleBackend("127.0.0.1:8080", { condition: "leaving", figures: { active: 2 } });
  const removed = sampleListener([backend], { leaving: true, figures: { active: 2 } });
  const lines = formatStatus(sampleStatus([removed])).split("\n");
  assertEquals(lines[1], "2 sessions, 0 new/s, 0 B/s in, 0 B/s out, 0 errors/s");
  assertEquals(lines[3], "24003 was removed and is finishing its sessions");
  assertEquals(lines[5]?.split(/ +/).slice(1, 6), ["127.0.0.1:8080", "Leaving", "–", "–", "2"]);
});
