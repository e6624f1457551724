import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Algorithm } from "../../../lib/balance/algorithm.ts";
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

const make = ALGORITHMS.least_time;

/** Lets this many sessions begin, none of which ends; returns how many each backend got. */
function open(rig: AlgorithmRig, algorithm: Algorithm, sessions: number): number[] {
  for (let session = 0; session < sessions; session += 1) {
    const index = algorithm.pick(client(), EVERYONE);
    rig.active[index] = (rig.active[index] ?? 0) + 1;
  }
  return rig.active;
}

Deno.test("LeastTime.pick() weighs the time to the first byte, sessions and weight together", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([1, 2]));
  const cases: [number, number, number, number, number][] = [
    // first byte time and sessions of the first, then of the second; who wins
    [10, 0, 10, 0, 1],
    [10, 0, 10, 2, 0],
    [10, 0, 30, 0, 0],
    [10, 3, 30, 1, 1],
    [0.5, 5, 3, 0, 1],
  ];
  for (const [firstMs, first, secondMs, second, winner] of cases) {
    rig.firstByteTimeMs.splice(0, 2, firstMs, secondMs);
    rig.active.splice(0, 2, first, second);
    assertEquals(new Set(pickMany(algorithm, 5)), new Set([winner]));
  }
  assertEquals(rig.tickets, 0);
});

Deno.test("LeastTime.pick() gives a backend that is twice as slow half as many sessions as its peer", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([1, 1]));
  rig.firstByteTimeMs.push(20, 40);
  assertEquals(open(rig, algorithm, 300), [200, 100]);
});

Deno.test("LeastTime.pick() counts sessions alone while nothing was measured, and ties take turns", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([3, 2, 1]));
  assertEquals(lettersOf(pickMany(algorithm, 6)), "a a a a a a");
  const equal = new AlgorithmRig().make(make, weighted([1, 1, 1]));
  assertEquals(lettersOf(pickMany(equal, 6)), "a b c a b c");
});

Deno.test("LeastTime.pick() compares connect times where no backend has sent a byte", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([1, 1, 1]));
  rig.connectTimeMs.push(2, 1, 0);
  // Who was never connected counts as fast as the fastest.
  assertEquals(open(rig, algorithm, 50), [10, 20, 20]);
});

Deno.test("LeastTime.pick() takes a backend that has sent nothing for as fast as the fastest", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([1, 1, 1, 1]));
  rig.firstByteTimeMs.push(50, 100, 0, 0);
  // Connecting takes microseconds, which says nothing about answers; or longer than an answer.
  rig.connectTimeMs.push(0.1, 0.1, 0.1, 200);
  assertEquals(open(rig, algorithm, 275), [100, 50, 100, 25]);
});

Deno.test("LeastTime.pick() tries a backend again that was slow, and takes none for fast that hangs", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([1, 1]));
  rig.lastFirstByteTimeMs.push(10, 1000);
  rig.firstByteTimeMs.push(10, 20);
  assertEquals(algorithm.pick(client(), EVERYONE), 0);
  rig.firstByteTimeMs[1] = 9;
  assertEquals(algorithm.pick(client(), EVERYONE), 1);
  // However long nothing was heard of it: a backend that is idle twice as long is no faster.
  rig.firstByteTimeMs[1] = 1e-9;
  assertEquals(open(rig, algorithm, 300), [100, 200]);
});

Deno.test("LeastTime.pick() takes turns when all averages have decayed", () => {
  const rig = new AlgorithmRig();
  const algorithm = rig.make(make, weighted([1, 1, 1]));
  rig.lastFirstByteTimeMs.push(10, 20, 30);
  rig.firstByteTimeMs.push(0, 0, 1e-300);
  assertEquals(lettersOf(pickMany(algorithm, 6)), "a b c a b c");
  assertEquals(lettersOf(pickMany(algorithm, 4, only(1, 2))), "b b c b");
});

Deno.test("LeastTime.pick() keeps lasting sessions in proportion to weight by time", () => {
  const backend = fc.record({
    weight: fc.integer({ min: 1, max: 8 }),
    timeMs: fc.integer({ min: 1, max: 8 }),
  });
  fc.assert(fc.property(fc.array(backend, { minLength: 1, maxLength: 6 }), (drawn) => {
    const rig = new AlgorithmRig();
    const algorithm = rig.make(make, weighted(drawn.map(({ weight }) => weight)));
    rig.firstByteTimeMs.push(...drawn.map(({ timeMs }) => timeMs));
    const speeds = drawn.map(({ weight, timeMs }) => weight / timeMs);
    const sum = speeds.reduce((a, b) => a + b);
    const active = open(rig, algorithm, 2_000);
    speeds.forEach((speed, index) =>
      assertAlmostEquals(active[index] ?? 0, 2_000 * speed / sum, drawn.length + 1)
    );
  }));
});

Deno.test("LeastTime.pick() never picks a backend that another one beats", () => {
  const backend = fc.record({
    weight: fc.integer({ min: 1, max: 256 }),
    active: fc.nat(500),
    timeMs: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
  });
  fc.assert(fc.property(fc.array(backend, { minLength: 1, maxLength: 10 }), (drawn) => {
    const rig = new AlgorithmRig();
    const algorithm = rig.make(make, weighted(drawn.map(({ weight }) => weight)));
    rig.active.push(...drawn.map(({ active }) => active));
    rig.firstByteTimeMs.push(...drawn.map(({ timeMs }) => timeMs));
    const loads = drawn.map(({ weight, active, timeMs }) => timeMs * (active + 1) / weight);
    const picked = loads[algorithm.pick(client(), EVERYONE)] ?? Infinity;
    assert(picked <= Math.min(...loads) * (1 + 1e-12));
  }));
});
