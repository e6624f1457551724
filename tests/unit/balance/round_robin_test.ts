import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ALGORITHMS } from "../../../lib/balance/registry.ts";
import {
  AlgorithmRig,
  client,
  countOf,
  EVERYONE,
  only,
  pickMany,
  weighted,
} from "./algorithm_rig.ts";

const make = ALGORITHMS.round_robin;

Deno.test("RoundRobin.pick() goes round in the order of the configuration, whatever the weights", () => {
  const algorithm = new AlgorithmRig().make(make, weighted([9, 1, 4]));
  assertEquals(pickMany(algorithm, 7), [0, 1, 2, 0, 1, 2, 0]);
});

Deno.test("RoundRobin.pick() takes one ticket a pick", () => {
  const rig = new AlgorithmRig();
  pickMany(rig.make(make, weighted([1, 1, 1])), 5, only(2));
  assertEquals(rig.tickets, 5);
});

Deno.test("RoundRobin.pick() gives the turn of an ineligible backend to the next one", () => {
  const algorithm = new AlgorithmRig().make(make, weighted([1, 1, 1]));
  assertEquals(pickMany(algorithm, 6, only(0, 2)), [0, 2, 2, 0, 2, 2]);
});

Deno.test("RoundRobin.pick() is exact over any number of instances on one cursor", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 60 }),
      (backends, turns) => {
        const rig = new AlgorithmRig();
        const candidates = weighted(new Array(backends).fill(1));
        const workers = [0, 1, 2, 3].map(() => rig.make(make, candidates));
        const picks = turns.map((worker) => workers[worker]?.pick(client(), EVERYONE));
        assertEquals(picks, turns.map((_, pick) => pick % backends));
      },
    ),
  );
});

Deno.test("RoundRobin.pick() gives 1,000 backends the same number of sessions", () => {
  const algorithm = new AlgorithmRig().make(make, weighted(new Array(1_000).fill(1)));
  assertEquals(new Set(countOf(pickMany(algorithm, 3_000), 1_000)), new Set([3]));
});
