import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  BACKEND_CELLS,
  BACKEND_READINGS,
  BACKEND_TALLIES,
  LISTENER_CELLS,
  LISTENER_TALLIES,
  POOL_CELLS,
  POOL_TALLIES,
} from "../../../lib/state/counters.ts";
import { WORKER_CELLS, WORKER_TALLIES } from "../../../lib/state/worker_counters.ts";
import { columnsOf, type CounterDefinition } from "../../../lib/state/counter_definition.ts";

const TABLES: readonly Readonly<Record<string, CounterDefinition>>[] = [
  { ...BACKEND_CELLS },
  { ...BACKEND_READINGS },
  { ...BACKEND_TALLIES },
  { ...LISTENER_CELLS },
  { ...LISTENER_TALLIES },
  { ...POOL_CELLS },
  { ...POOL_TALLIES },
  { ...WORKER_CELLS },
  { ...WORKER_TALLIES },
];

Deno.test("columnsOf() numbers the rows in their order", () => {
  assertEquals(columnsOf({ b: BACKEND_CELLS.active, a: BACKEND_CELLS.mode }), { b: 0, a: 1 });
});

Deno.test("the counters follow the rules for names of metrics", () => {
  for (const definition of TABLES.flatMap((table) => Object.values(table))) {
    const { internal, kind, metric, help } = definition;
    assertMatch(metric, /^[a-z][a-z0-9_]*$/);
    assertMatch(help, /\.$/);
    if (internal === undefined) assertEquals(metric.endsWith("_total"), kind === "counter", metric);
  }
});

Deno.test("counters of one metric have the same help and differ in their labels", () => {
  for (const table of TABLES) {
    const seen = new Map<string, CounterDefinition>();
    for (const definition of Object.values(table)) {
      const other = seen.get(definition.metric);
      seen.set(definition.metric, definition);
      if (other === undefined) continue;
      assertEquals(definition.help, other.help);
      assert(JSON.stringify(definition.labels) !== JSON.stringify(other.labels), definition.metric);
    }
  }
});
