import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { maglevTable, permutationOf } from "../../../lib/balance/_maglev_table.ts";

const SIZE = 65_537;

function tableOf(names: readonly string[], size: number, weights?: readonly number[]): number[] {
  const entries = names.map((name, place) => ({
    permutation: permutationOf(name, size),
    weight: weights?.[place] ?? 1,
  }));
  return Array.from(maglevTable(entries, size));
}

function countsOf(table: readonly number[], places: number): number[] {
  const counts = new Array<number>(places).fill(0);
  for (const place of table) counts[place] = (counts[place] ?? 0) + 1;
  return counts;
}

const PORTS = [90, 91, 92, 93, 94, 95];

Deno.test("maglevTable() fills seven slots with six addresses as Envoy does", () => {
  const table = tableOf(PORTS.map((port) => `127.0.0.1:${port}`), 7);
  assertEquals(table.map((place) => PORTS[place]), [92, 94, 90, 91, 95, 90, 93]);
});

Deno.test("maglevTable() fills seven slots with six plain keys as Envoy does", () => {
  const table = tableOf(PORTS.map(String), 7);
  assertEquals(table.map((place) => PORTS[place]), [92, 95, 90, 93, 94, 91, 90]);
});

Deno.test("maglevTable() fills seventeen slots by weights 1 and 2 as Envoy does", () => {
  const table = tableOf(["127.0.0.1:90", "127.0.0.1:91"], 17, [1, 2]);
  assertEquals(table, [1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1]);
});

Deno.test("maglevTable() gives equal entries the same number of slots, give or take one", () => {
  for (const backends of [2, 3, 7, 100]) {
    const names = Array.from({ length: backends }, (_, place) => `10.0.0.${place}:80`);
    const counts = countsOf(tableOf(names, SIZE), backends);
    assert(Math.max(...counts) - Math.min(...counts) <= 1);
  }
});

Deno.test("maglevTable() follows the weights", () => {
  const weights = [256, 100, 37, 1];
  const counts = countsOf(tableOf(["a:1", "b:1", "c:1", "d:1"], SIZE, weights), 4);
  weights.forEach((weight, place) =>
    assertAlmostEquals(counts[place] ?? 0, weight / 394 * SIZE, 0.002 * SIZE)
  );
});

Deno.test("maglevTable() gives even the lightest a slot", () => {
  const counts = countsOf(tableOf(["a:1", "b:1"], 101, [25_600, 1]), 2);
  assertEquals(counts[1], 1);
});

Deno.test("maglevTable() moves under 2 % besides the removed one's share, for up to ten", () => {
  for (let backends = 2; backends <= 10; backends += 1) {
    const names = Array.from({ length: backends }, (_, place) => `10.0.0.${place + 1}:443`);
    const before = tableOf(names, SIZE);
    for (let removed = 0; removed < backends; removed += 1) {
      const rest = names.filter((_, place) => place !== removed);
      const after = tableOf(rest, SIZE);
      let moved = 0;
      before.forEach((place, slot) => {
        if (place !== removed && names[place] !== rest[after[slot] ?? -1]) moved += 1;
      });
      assertLess(moved / SIZE, 0.02);
    }
  }
});
