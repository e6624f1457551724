import { assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { ALGORITHMS } from "../../../lib/balance/registry.ts";
import {
  AlgorithmRig,
  client,
  countOf,
  EVERYONE,
  lettersOf,
  only,
  pickMany,
  weighted,
} from "./algorithm_rig.ts";

const make = ALGORITHMS.weighted_round_robin;
const weightLists = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

Deno.test("WeightedRoundRobin.pick() follows the order of nginx, cycle after cycle", () => {
  const algorithm = new AlgorithmRig().make(make, weighted([5, 1, 1]));
  assertEquals(lettersOf(pickMany(algorithm, 14)), "a a b a c a a a a b a c a a");
});

Deno.test("WeightedRoundRobin.pick() serves weights 3, 1, 2, 1 in the order of nginx", () => {
  const algorithm = new AlgorithmRig().make(make, weighted([3, 1, 2, 1]));
  assertEquals(lettersOf(pickMany(algorithm, 7)), "a c b a d c a");
});

Deno.test("WeightedRoundRobin.pick() matches the weights exactly in every cycle", () => {
  fc.assert(fc.property(weightLists, fc.nat(), (drawn, start) => {
    const weights = [...drawn, 1];
    const rig = new AlgorithmRig();
    const algorithm = rig.make(make, weighted(weights));
    rig.tickets = start;
    const length = weights.reduce((a, b) => a + b);
    assertEquals(countOf(pickMany(algorithm, length), weights.length), weights);
  }));
});

Deno.test("WeightedRoundRobin.pick() keeps one order over two instances on one cursor", () => {
  const turns = fc.array(fc.boolean(), { minLength: 1, maxLength: 80 });
  fc.assert(fc.property(weightLists, turns, (weights, drawn) => {
    const candidates = weighted(weights);
    const rig = new AlgorithmRig();
    const first = rig.make(make, candidates);
    const second = rig.make(make, candidates);
    const together = drawn.map((isFirst) => (isFirst ? first : second).pick(client(), EVERYONE));
    assertEquals(together, pickMany(new AlgorithmRig().make(make, candidates), drawn.length));
  }));
});

Deno.test("WeightedRoundRobin.pick() takes scaled weights as the shares they are", () => {
  const algorithm = new AlgorithmRig().make(make, weighted([100, 100, 37]));
  assertEquals(countOf(pickMany(algorithm, 237), 3), [100, 100, 37]);
});

Deno.test("WeightedRoundRobin.pick() passes the turns of a full backend on along the cycle", () => {
  const algorithm = new AlgorithmRig().make(make, weighted([5, 1, 1]));
  assertEquals(lettersOf(pickMany(algorithm, 7, only(1, 2))), "b b b c c b b");
});

Deno.test("WeightedRoundRobin.pick() reaches every light backend when the heavy one is full", () => {
  // The heavy one fills more slots in a row than the walk along the cycle takes steps.
  const algorithm = new AlgorithmRig().make(make, weighted([20_000, 1, 1, 1]));
  const counts = countOf(pickMany(algorithm, 300, only(1, 2, 3)), 4);
  assertEquals(counts[0], 0);
  for (const count of counts.slice(1)) assertGreater(count, 50);
});

Deno.test("WeightedRoundRobin.rebuild() goes over to new weights", () => {
  const algorithm = new AlgorithmRig().make(make, weighted([1, 1]));
  algorithm.rebuild(weighted([1, 3]));
  assertEquals(countOf(pickMany(algorithm, 4), 2), [1, 3]);
});
