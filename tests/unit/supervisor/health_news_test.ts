import { assertEquals } from "@std/assert";
import { configureLogging, resetLogging } from "../../../lib/log/logging.ts";
import { EventLog } from "../../../lib/supervisor/event_log.ts";
import { HealthNews, type HealthState } from "../../../lib/supervisor/health_news.ts";
import { ManualScheduler } from "../health/manual_scheduler.ts";

/** Health news, and what the log and the events contain of it. */
class Rig implements Disposable {
  readonly scheduler = new ManualScheduler();
  readonly events = new EventLog();
  readonly news = new HealthNews(this.events, this.scheduler);
  readonly logged: Record<string, unknown>[] = [];

  constructor() {
    const write = (line: string): void => void this.logged.push(JSON.parse(line));
    configureLogging({ level: "info", format: "json", write });
  }

  tell(count: number, state: HealthState, pool = "24003"): void {
    for (let index = 0; index < count; index++) {
      const backend = `b${index}:80`;
      const text = `Backend ${backend} of pool ${pool} is ${state}: so`;
      this.news.tell({ kind: "health", state, pool, backend, text });
    }
  }

  get messages(): unknown[] {
    return this.logged.map(({ message }) => message);
  }

  [Symbol.dispose](): void {
    this.news.close();
    resetLogging();
  }
}

Deno.test("HealthNews.tell() logs whom it is about, and makes an event of it", () => {
  using rig = new Rig();
  rig.tell(1, "down");
  rig.tell(1, "up");
  const text = "Backend b0:80 of pool 24003 is down: so";
  const about = { pool: "24003", backend: "b0:80", state: "down" };
  const { time: _time, ...line } = rig.logged[0] ?? {};
  assertEquals(line, {
    level: "warning",
    category: "health",
    message: text,
    properties: { text, ...about },
  });
  assertEquals(rig.logged[1]?.level, "info");
  const { id, kind, atMs: _atMs, ...event } = rig.events.events[0] ?? {};
  assertEquals([id, kind, event], [1, "health", { text, ...about }]);
});

Deno.test("HealthNews sums up what comes in masses, and forgets no backend's last change", async () => {
  using rig = new Rig();
  rig.tell(700, "down");
  rig.tell(300, "down", "24004");
  assertEquals(rig.logged.length, 10);
  await rig.scheduler.advance(10_000);
  const sum = "990 more backends went down: 690 of pool 24003, 300 of pool 24004";
  assertEquals(rig.messages.slice(10), [sum]);
  assertEquals(rig.events.events.length, 11);
  assertEquals(rig.events.events.at(-1)?.text, sum);
  assertEquals(
    rig.events.lastChangeOf("24004", "b299:80")?.text,
    "Backend b299:80 of pool 24004 is down: so",
  );
  assertEquals(rig.scheduler.waiting, 0);
});

Deno.test("HealthNews tells one by one again after a while, and each state for itself", async () => {
  using rig = new Rig();
  rig.tell(11, "down");
  rig.tell(1, "lost");
  rig.tell(10, "up");
  assertEquals(rig.logged.length, 21);
  await rig.scheduler.advance(10_000);
  assertEquals(rig.messages.slice(21), ["1 more backend went down: 1 of pool 24003"]);
  rig.tell(10, "down");
  assertEquals(rig.logged.length, 32);
  await rig.scheduler.advance(10_000);
  assertEquals(rig.logged.length, 32);
});

Deno.test("HealthNews.close() tells what was kept back", () => {
  using rig = new Rig();
  for (let index = 0; index < 17; index++) {
    const pool = `2400${index}`;
    const text = `Pool ${pool} has no backend left`;
    rig.news.tell({ kind: "health", state: "lost", pool, text });
  }
  rig.news.close();
  assertEquals(
    rig.messages.at(-1),
    "7 more pools lost the last backend: 240010, 240011, 240012, 240013, 240014, and 2 more",
  );
  assertEquals(rig.scheduler.waiting, 0);
});
