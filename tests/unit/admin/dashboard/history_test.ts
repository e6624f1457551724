import { assertEquals } from "@std/assert";
import { History, HISTORY_FIELDS } from "../../../../lib/admin/dashboard/page/history.js";
import { sampleListener, sampleStatus } from "../../../support/sample_status.ts";

function stored(key: string, values: readonly (number | null)[]) {
  const columns = Object.fromEntries(HISTORY_FIELDS.map((field) => [field, values]));
  return { key, ...columns } as
    & { readonly key: string }
    & Record<typeof HISTORY_FIELDS[number], readonly (number | null)[]>;
}

function statusAt(atMs: number, active: Readonly<Record<string, number>>) {
  const listeners = Object.entries(active).map(([key, count]) =>
    sampleListener([], { key, figures: { active: count }, rates: { connectTimeP50Ms: count } })
  );
  return sampleStatus(listeners, { atMs });
}

Deno.test("History goes on where what Weir kept ends, and takes nothing twice", () => {
  const history = new History();
  history.load({ atMs: [1000, 2000], listeners: [stored("a", [1, 2])] });
  history.add(statusAt(2000, { a: 9 }));
  history.add(statusAt(3000, { a: 3 }));
  assertEquals(history.read(["active"], "a"), [[1, 2, 3], [1, 2, 3]]);
});

Deno.test("History starts over if Weir's clock was set back", () => {
  const history = new History();
  history.load({ atMs: [5_000_000, 5_001_000], listeners: [stored("a", [1, 2])] });
  history.add(statusAt(4_995_000, { a: 9 }));
  assertEquals(history.read(["active"]), [[5000, 5001], [1, 2]]);
  history.add(statusAt(1_000_000, { a: 3 }));
  history.add(statusAt(1_001_000, { a: 4 }));
  assertEquals(history.read(["active"]), [[1000, 1001], [3, 4]]);
});

Deno.test("History adds listeners up, and of connect times keeps the largest", () => {
  const history = new History();
  history.load({ atMs: [1000, 2000], listeners: [stored("a", [1, null]), stored("b", [2, null])] });
  assertEquals(history.read(["active", "connectTimeP50Ms"]), [[1, 2], [3, null], [2, null]]);
});

Deno.test("History has gaps where a listener was not there", () => {
  const history = new History();
  history.add(statusAt(1000, { a: 1 }));
  history.add(statusAt(2000, { b: 2 }));
  assertEquals(history.keys, ["a", "b"]);
  assertEquals(history.read(["active"], "a")[1], [1, null]);
  assertEquals(history.read(["active"], "b")[1], [null, 2]);
  assertEquals(history.read(["active"], "gone"), [[1, 2], [null, null]]);
});

Deno.test("History forgets what is older than fifteen minutes", () => {
  const history = new History();
  for (const minute of [0, 1, 16]) history.add(statusAt(1 + minute * 60_000, { a: minute }));
  assertEquals(history.read(["active"])[1], [1, 16]);
  history.add(statusAt(40 * 60_000, { b: 2 }));
  assertEquals([history.keys, history.read(["active"])], [["b"], [[2400], [2]]]);
});
