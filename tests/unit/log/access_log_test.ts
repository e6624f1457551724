import { assertEquals } from "@std/assert";
import { AccessLog } from "../../../lib/log/access_log.ts";
import { formatJson, formatText } from "../../../lib/log/access_log_format.ts";
import type { SessionRecord } from "../../../lib/log/session_record.ts";

const RECORD: SessionRecord = {
  startedAtMs: 0,
  client: "192.0.2.1:55555",
  listener: "24003",
  pool: "24003",
  backend: "127.0.0.1:8080",
  bytesIn: 1,
  bytesOut: 2,
  durationMs: 3,
  connectTimeMs: 1,
  retries: 0,
  tried: [],
  reason: { by: "done", phase: "end" },
};

class Posts {
  readonly batches: [string, number][] = [];
  readonly post = (lines: string, count: number): void => {
    this.batches.push([lines, count]);
  };
}

Deno.test("AccessLog gathers lines and posts them with their count", () => {
  const posts = new Posts();
  const log = new AccessLog({ format: "text", post: posts.post });
  log.record(RECORD);
  log.record({ ...RECORD, bytesIn: 7 });
  assertEquals(posts.batches, []);
  assertEquals(log.waiting, 2);
  log.flush();
  const lines = `${formatText(RECORD)}\n${formatText({ ...RECORD, bytesIn: 7 })}\n`;
  assertEquals(posts.batches, [[lines, 2]]);
  log.flush();
  log.close();
  assertEquals(posts.batches.length, 1);
});

Deno.test("AccessLog posts by itself after a while, each time that something waits", async () => {
  let posted = Promise.withResolvers<number>();
  const log = new AccessLog({
    format: "json",
    post: (_lines, count) => posted.resolve(count),
    flushIntervalMs: 1,
  });
  log.record(RECORD);
  assertEquals(await posted.promise, 1);
  posted = Promise.withResolvers<number>();
  log.record(RECORD);
  log.record(RECORD);
  assertEquals(await posted.promise, 2);
  // The sanitizer would find a leftover timer.
});

Deno.test("AccessLog posts a full batch at once", () => {
  const posts = new Posts();
  const line = `${formatJson(RECORD)}\n`;
  const log = new AccessLog({
    format: formatJson,
    post: posts.post,
    flushLength: 3 * line.length,
  });
  for (let i = 0; i < 7; i++) log.record(RECORD);
  assertEquals(posts.batches, [[line.repeat(3), 3], [line.repeat(3), 3]]);
  log.close();
  assertEquals(posts.batches.at(-1), [line, 1]);
});

Deno.test("AccessLog sets no timer with flushIntervalMs 0", () => {
  const posts = new Posts();
  const log = new AccessLog({ format: "text", post: posts.post, flushIntervalMs: 0 });
  log.record(RECORD);
  assertEquals([log.waiting, posts.batches.length], [1, 0]);
});

Deno.test("AccessLog.close() lets later sessions through at once", () => {
  const posts = new Posts();
  const log = new AccessLog({ format: "text", post: posts.post });
  log.record(RECORD);
  log.close();
  log.record(RECORD);
  assertEquals(posts.batches.map(([, count]) => count), [1, 1]);
});
