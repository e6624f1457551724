import { assertEquals } from "@std/assert";
import { SessionTable } from "../../../../../lib/engine/native/sessions/session_table.ts";

Deno.test("SessionTable returns the sessions it has, whatever their numbers", () => {
  const table = new SessionTable<string>();
  table.add(900, "late");
  table.add(3, "early");
  table.add(5, "gone");
  table.remove(5);
  assertEquals([[...table], table.size], [["early", "late"], 2]);
});

Deno.test("SessionTable calls back when the last session has gone, once", () => {
  const table = new SessionTable<string>();
  let calls = 0;
  table.add(1, "one");
  table.add(2, "two");
  // Two drains may wait at the same time.
  table.onceEmpty(() => calls++);
  table.onceEmpty(() => calls++);
  table.remove(1);
  assertEquals(calls, 0);
  table.remove(2);
  assertEquals(calls, 2);
  table.add(1, "again");
  table.remove(1);
  assertEquals(calls, 2);
});

Deno.test("SessionTable calls back no more when that is taken back", () => {
  const table = new SessionTable<string>();
  table.add(1, "one");
  const cancel = table.onceEmpty(() => {
    throw new Error("called back");
  });
  cancel();
  table.remove(1);
  assertEquals(table.size, 0);
});
