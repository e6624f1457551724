import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { ALGORITHMS } from "../../../lib/balance/registry.ts";
import {
  AlgorithmRig,
  client,
  EVERYONE,
  lettersOf,
  only,
  pickMany,
  weighted,
} from "./algorithm_rig.ts";

const make = ALGORITHMS.least_connections;

Deno.test("LeastConnections.pick() picks the backend with the fewest sessions for its weight", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([1, 4, 2]));
  rig.active.push(2, 7, 4);
  assertEquals(algorithm.pick(client(), EVERYONE), 1);
  rig.active[1] = 9;
  assertEquals(algorithm.pick(client(), only(0, 1)), 0);
  assertEquals(rig.tickets, 0);
});

Deno.test("LeastConnections.pick() tells loads apart that hardly differ", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([25_599, 25_600]));
  rig.active.push(25_598, 25_599);
  assertEquals(algorithm.pick(client(), EVERYONE), 0);
});

Deno.test("LeastConnections.pick() serves idle backends in nginx's order", () => {
  const algorithm = new AlgorithmRig().make(make, weighted([5, 1, 1]));
  assertEquals(lettersOf(pickMany(algorithm, 7)), "a a b a c a a");
});

Deno.test("LeastConnections.pick() gives a tie to the tied backend that is next in the cycle", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([1, 1, 1, 1]));
  rig.active.push(0, 3, 0, 0);
  assertEquals(lettersOf(pickMany(algorithm, 8)), "a c c d a c c d");
  assertEquals(rig.tickets, 8);
});

Deno.test("LeastConnections.pick() spreads ties over two instances on one cursor", () => {
  const rig = new AlgorithmRig();
  const workers = [0, 1].map(() => rig.make(make, weighted([3, 2, 1])));
  const picks = [0, 1, 1, 0, 0, 1].map((worker) => workers[worker]?.pick(client(), EVERYONE) ?? -1);
  assertEquals(lettersOf(picks), "a b a c b a");
});

Deno.test("LeastConnections.pick() keeps lasting sessions in proportion to the weights", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(weights, fc.integer({ min: 1, max: 300 }), (drawn, sessions) => {
    const rig = new AlgorithmRig();
    const algorithm = rig.make(make, weighted(drawn));
    for (let session = 0; session < sessions; session += 1) {
      const index = algorithm.pick(client(), EVERYONE);
      rig.active[index] = (rig.active[index] ?? 0) + 1;
    }
    const loads = drawn.map((weight, index) => (rig.active[index] ?? 0) / weight);
    // Whoever took a session last had the lowest load before it.
    const lowest = Math.min(...loads);
    drawn.forEach((weight, index) => {
      const before = ((rig.active[index] ?? 0) - 1) / weight;
      assertLessOrEqual(before, lowest + 1e-9);
    });
  }));
});

Deno.test("LeastConnections.pick() never picks a backend that another one beats", () => {
  const backends = fc.array(fc.tuple(fc.integer({ min: 1, max: 256 }), fc.nat(500)), {
    minLength: 1,
    maxLength: 10,
  });
  fc.assert(fc.property(backends, (drawn) => {
    const rig = new AlgorithmRig();
    const algorithm = rig.make(make, weighted(drawn.map(([weight]) => weight)));
    rig.active.push(...drawn.map(([, active]) => active));
    const [weight, active] = drawn[algorithm.pick(client(), EVERYONE)] ?? [0, 0];
    assert(drawn.every((other) => active * other[0] <= other[1] * weight));
  }));
});
