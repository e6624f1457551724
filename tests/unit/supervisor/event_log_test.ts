import { assertEquals } from "@std/assert";
import { EventLog, type WeirEvent } from "../../../lib/supervisor/event_log.ts";

Deno.test("EventLog.add() numbers events and tells subscribers until they leave", () => {
  const log = new EventLog();
  const heard: WeirEvent[] = [];
  const leave = log.subscribe((event) => heard.push(event));
  log.add("reload", "one");
  log.add("health", "two", { pool: "2000", backend: "127.0.0.1:1" });
  leave();
  log.add("worker", "three");
  assertEquals(heard.map(({ id, text }) => [id, text]), [[1, "one"], [2, "two"]]);
  assertEquals(heard[1]?.backend, "127.0.0.1:1");
  assertEquals(log.events.length, 3);
});

Deno.test("EventLog.add() forgets the oldest of more than 500 events", () => {
  const log = new EventLog();
  for (let count = 1; count <= 501; count++) log.add("reload", String(count));
  assertEquals(log.events.length, 500);
  assertEquals(log.events[0]?.text, "2");
});

Deno.test("EventLog.lastChangeOf() knows of events and of notes, however many came since", () => {
  const log = new EventLog();
  log.add("health", "one", { pool: "2000", backend: "a:1" });
  log.note("two", { pool: "2000", backend: "b:1" });
  for (let count = 0; count < 600; count++) log.add("reload", String(count));
  assertEquals(log.lastChangeOf("2000", "a:1")?.text, "one");
  assertEquals(log.lastChangeOf("2000", "b:1")?.text, "two");
  assertEquals(log.lastChangeOf("2001", "a:1"), undefined);
  log.keepOnly((_pool, backend) => backend === "b:1");
  assertEquals(log.lastChangeOf("2000", "a:1"), undefined);
  assertEquals(log.lastChangeOf("2000", "b:1")?.text, "two");
});
