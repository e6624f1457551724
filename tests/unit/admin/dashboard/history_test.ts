import { assertEquals } from "@std/assert";
import {
  History,
  HISTORY_FIELDS,
  LISTENER_FIELDS,
} from "../../../../lib/admin/dashboard/page/history.js";
import type { HistoryView } from "../../../../lib/admin/metrics/history.ts";
import {
  sampleListener,
  sampleMapping,
  samplePool,
  sampleStatus,
} from "../../../support/sample_status.ts";

function column(values: readonly (number | null)[], fields: readonly string[]) {
  return Object.fromEntries(fields.map((field) => [field, values]));
}

/** What Weir has kept of a listener and its own pool. */
function stored(key: string, values: readonly (number | null)[]) {
  return {
    listeners: [{ key, ...column(values, LISTENER_FIELDS) }],
    pools: [{ name: key, ...column(values, HISTORY_FIELDS) }],
  } as unknown as Pick<HistoryView, "listeners" | "pools">;
}

/** Listeners with pools of their own. */
function statusAt(atMs: number, active: Readonly<Record<string, number>>) {
  const parts = Object.entries(active).map(([key, count]) =>
    sampleMapping([], { key, figures: { active: count } }, { rates: { connectTimeP50Ms: count } })
  );
  return sampleStatus(parts, { atMs });
}

function own(name: string) {
  return { listener: name, pool: name };
}

Deno.test("History goes on where what Weir kept ends, and takes nothing twice", () => {
  const history = new History();
  history.load({ atMs: [1000, 2000], ...stored("a", [1, 2]) });
  history.add(statusAt(2000, { a: 9 }));
  history.add(statusAt(3000, { a: 3 }));
  assertEquals(history.read(["active"], own("a")), [[1, 2, 3], [1, 2, 3]]);
});

Deno.test("History starts over if Weir's clock was set back", () => {
  const history = new History();
  history.load({ atMs: [5_000_000, 5_001_000], ...stored("a", [1, 2]) });
  history.add(statusAt(4_995_000, { a: 9 }));
  assertEquals(history.read(["active"]), [[5000, 5001], [1, 2]]);
  history.add(statusAt(1_000_000, { a: 3 }));
  history.add(statusAt(1_001_000, { a: 4 }));
  assertEquals(history.read(["active"]), [[1000, 1001], [3, 4]]);
});

Deno.test("History adds everything up, and of connect times keeps the largest", () => {
  const history = new History();
  const [a, b] = [stored("a", [1, null]), stored("b", [2, null])];
  history.load({
    atMs: [1000, 2000],
    listeners: [...a.listeners, ...b.listeners],
    pools: [...a.pools, ...b.pools],
  });
  assertEquals(history.read(["active", "connectTimeP50Ms", "errorsPerSecond"]), [
    [1, 2],
    [3, null],
    [2, null],
    [6, null],
  ]);
});

Deno.test("History has gaps where a listener was not there", () => {
  const history = new History();
  history.add(statusAt(1000, { a: 1 }));
  history.add(statusAt(2000, { b: 2 }));
  assertEquals(history.choices, [own("a"), own("b")]);
  assertEquals(history.read(["active"], own("a"))[1], [1, null]);
  assertEquals(history.read(["active"], own("b"))[1], [null, 2]);
  assertEquals(history.read(["active"], own("gone")), [[1, 2], [null, null]]);
});

Deno.test("History keeps a pool that several listeners use apart from them", () => {
  const history = new History();
  history.add(sampleStatus([{
    listeners: ["app", "web"].map((key) =>
      sampleListener({
        key,
        pool: "app",
        figures: { active: 1 },
        rates: { refusedPerSecond: 4 },
      })
    ),
    pools: [samplePool([], {
      name: "app",
      figures: { active: 2 },
      rates: { bytesInPerSecond: 10, errorsPerSecond: 1 },
    })],
  }], { atMs: 1000 }));
  const [app, web, pool] = history.choices;
  assertEquals([app, web, pool], [
    { listener: "app", pool: undefined },
    { listener: "web", pool: undefined },
    { listener: undefined, pool: "app" },
  ]);
  const fields = ["active", "bytesInPerSecond", "errorsPerSecond"] as const;
  assertEquals(history.read(fields, app), [[1], [1], [null], [4]]);
  assertEquals(history.read(fields, pool), [[1], [2], [10], [1]]);
  assertEquals(history.read(fields), [[1], [2], [10], [9]]);
});

Deno.test("History forgets what is older than fifteen minutes", () => {
  const history = new History();
  for (const minute of [0, 1, 16]) history.add(statusAt(1 + minute * 60_000, { a: minute }));
  assertEquals(history.read(["active"])[1], [1, 16]);
  history.add(statusAt(40 * 60_000, { b: 2 }));
  assertEquals([history.choices, history.read(["active"])], [[own("b")], [[2400], [2]]]);
});
