import { assertEquals, assertThrows } from "@std/assert";
import { RowTable } from "../../../lib/state/row_table.ts";

Deno.test("RowTable.take() gives a name the same row again", () => {
  const rows = new RowTable(4);
  assertEquals([rows.take("a"), rows.take("b"), rows.take("a")], [0, 1, 0]);
});

Deno.test("RowTable.take() uses a released row again", () => {
  const rows = new RowTable(2);
  rows.take("a");
  rows.take("b");
  rows.release("a");
  assertEquals(rows.has("a"), false);
  assertEquals(rows.take("c"), 0);
  assertEquals([...rows.names()], ["b", "c"]);
});

Deno.test("RowTable.take() throws when all rows are taken", () => {
  const rows = new RowTable(1);
  rows.take("a");
  assertThrows(() => rows.take("b"), RangeError, "All 1 rows are taken");
});

Deno.test("RowTable.release() leaves an unknown name alone", () => {
  const rows = new RowTable(1);
  rows.release("nobody");
  assertEquals(rows.take("a"), 0);
});
