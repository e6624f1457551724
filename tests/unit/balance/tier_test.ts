import { assertEquals } from "@std/assert";
import type { Candidate } from "../../../lib/balance/algorithm.ts";
import { Tier } from "../../../lib/balance/_tier.ts";

/** A tier whose algorithm records what it is passed. */
function tier() {
  const given: string[] = [];
  const it = new Tier({
    rebuild: (candidates) => given.push(candidates.map(({ id }) => id).join(" ")),
    pick: () => 0,
  });
  return { it, given };
}

function candidatesOf(...weights: number[]): Candidate[] {
  return weights.map((weight, index) => ({ index, id: `${index}:${weight}`, weight }))
    .filter(({ weight }) => weight > 0);
}

Deno.test("Tier.rebuild() lays out what has changed, and only that", () => {
  const { it, given } = tier();
  it.rebuild([]);
  assertEquals(given, []);
  it.rebuild(candidatesOf(1, 2, 3));
  it.rebuild(candidatesOf(1, 2, 3));
  assertEquals(given, ["0:1 1:2 2:3"]);
  it.rebuild(candidatesOf(1, 4, 3));
  it.rebuild(candidatesOf(1, 4));
  it.rebuild(candidatesOf(1, 0, 4));
  it.rebuild([]);
  assertEquals(given.slice(1), ["0:1 1:4 2:3", "0:1 1:4", "0:1 2:4", ""]);
});

Deno.test("Tier.rebuild() lays out backends that took the places of others", () => {
  const { it, given } = tier();
  it.rebuild([{ index: 0, id: "a:1", weight: 1 }]);
  it.rebuild([{ index: 0, id: "b:1", weight: 1 }]);
  assertEquals(given, ["a:1", "b:1"]);
});
