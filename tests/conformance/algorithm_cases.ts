import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type AlgorithmFactory, NO_BACKEND } from "../../lib/balance/algorithm.ts";
import { Random } from "../../lib/base/random.ts";
import {
  AlgorithmRig,
  client,
  EVERYONE,
  only,
  pickMany,
  weighted,
} from "../unit/balance/algorithm_rig.ts";

/** One thing that every algorithm does. */
export interface AlgorithmCase {
  readonly name: string;
  run(factory: AlgorithmFactory): void;
}

/** Enough picks for any algorithm to reach each of a few backends. */
const MANY = 500;

/** The cases, each in one place; backups and weight 0 are handled by the pool. */
export const ALGORITHM_CASES: readonly AlgorithmCase[] = [
  {
    name: "gives no backend before the first rebuild",
    run(factory) {
      assertEquals(factory(new AlgorithmRig().inputs).pick(client(), EVERYONE), NO_BACKEND);
    },
  },
  {
    name: "gives no backend when all are down",
    run(factory) {
      const algorithm = new AlgorithmRig().make(factory, weighted([1, 1]));
      algorithm.rebuild([]);
      assertEquals(algorithm.pick(client(), EVERYONE), NO_BACKEND);
    },
  },
  {
    name: "gives the only backend every time",
    run(factory) {
      const algorithm = new AlgorithmRig().make(factory, weighted([3]));
      assertEquals(new Set(pickMany(algorithm, 20)), new Set([0]));
    },
  },
  {
    name: "gives a backend however busy all are",
    run(factory) {
      const rig = new AlgorithmRig();
      const algorithm = rig.make(factory, weighted([1, 1, 1]));
      for (const index of [0, 1, 2]) {
        rig.active[index] = 1_000_000;
        rig.connectTimeMs[index] = 60_000;
        rig.firstByteTimeMs[index] = 600_000;
      }
      for (const index of pickMany(algorithm, 50)) assert(index >= 0 && index <= 2);
    },
  },
  {
    name: "reaches every backend",
    run(factory) {
      const algorithm = new AlgorithmRig().make(factory, weighted([1, 1, 1, 1]));
      assertEquals(new Set(pickMany(algorithm, MANY)), new Set([0, 1, 2, 3]));
    },
  },
  {
    name: "never gives a backend that is down, and reaches all the others",
    run(factory) {
      const up = weighted([1, 1, 1]).filter(({ index }) => index !== 1);
      const algorithm = new AlgorithmRig().make(factory, up);
      assertEquals(new Set(pickMany(algorithm, MANY)), new Set([0, 2]));
    },
  },
  {
    name: "never gives a backend that is full, and reaches all the others",
    run(factory) {
      const algorithm = new AlgorithmRig().make(factory, weighted([1, 1, 1]));
      assertEquals(new Set(pickMany(algorithm, MANY, only(0, 2))), new Set([0, 2]));
    },
  },
  {
    name: "gives no backend when all are full, and takes no ticket for it",
    run(factory) {
      const rig = new AlgorithmRig();
      const algorithm = rig.make(factory, weighted([2, 1, 1]));
      assertEquals(algorithm.pick(client(), only()), NO_BACKEND);
      assertEquals(rig.tickets, 0);
    },
  },
  {
    name: "finds the one backend that is not full",
    run(factory) {
      const algorithm = new AlgorithmRig().make(factory, weighted(new Array(50).fill(1)));
      for (let index = 0; index < 50; index += 1) {
        assertEquals(algorithm.pick(client(index * 7_919), only(index)), index);
      }
    },
  },
  {
    name: "finds the lightest backend when the heavy ones are full",
    run(factory) {
      const algorithm = new AlgorithmRig().make(factory, weighted([25_600, 25_599, 1]));
      assertEquals(new Set(pickMany(algorithm, 100, only(2))), new Set([2]));
    },
  },
  {
    name: "follows a backend that leaves, joins or comes back",
    run(factory) {
      const all = weighted([1, 1, 1, 1]);
      const algorithm = new AlgorithmRig().make(factory, all.slice(0, 3));
      for (const members of [[0, 2], [0, 2, 3], [0, 1, 2, 3], [3], [0, 1]]) {
        algorithm.rebuild(all.filter(({ index }) => members.includes(index)));
        assertEquals(new Set(pickMany(algorithm, MANY)), new Set(members));
      }
    },
  },
  {
    name: "gives back indices with gaps, in any order",
    run(factory) {
      const candidates = [400, 3, 70_000, 17].map((index) => ({
        index,
        id: `backend-${index}:1`,
        weight: 2,
      }));
      const algorithm = new AlgorithmRig().make(factory, candidates);
      assertEquals(new Set(pickMany(algorithm, MANY)), new Set([3, 17, 400, 70_000]));
      assertEquals(algorithm.pick(client(), only(70_000)), 70_000);
    },
  },
  {
    name: "picks the same from the same seed",
    run(factory) {
      const [first, second] = [5, 5].map((seed) => {
        const rig = new AlgorithmRig(Random.fromSeed(seed).next);
        return pickMany(rig.make(factory, weighted([4, 2, 1])), 100);
      });
      assertEquals(first, second);
    },
  },
  {
    name: "goes on when the cursor wraps around",
    run(factory) {
      const rig = new AlgorithmRig();
      const algorithm = rig.make(factory, weighted([1, 2, 3]));
      rig.tickets = 2 ** 32 - 3;
      for (const index of pickMany(algorithm, 10)) assert(index >= 0 && index <= 2);
    },
  },
  {
    name: "copes with loads that change while it reads them",
    run(factory) {
      const { next } = Random.fromSeed(8);
      const algorithm = factory({
        poolSize: 4,
        load: {
          active: () => Math.floor(next() * 3),
          connectTimeMs: () => Math.floor(next() * 3),
          firstByteTimeMs: () => Math.floor(next() * 3),
          lastFirstByteTimeMs: () => Math.floor(next() * 3),
        },
        cursor: { next: () => Math.floor(next() * 2 ** 32) },
        random: next,
      });
      algorithm.rebuild(weighted([3, 1, 2, 1]));
      for (const index of pickMany(algorithm, MANY, only(1, 2, 3))) {
        assert(index >= 1 && index <= 3);
      }
    },
  },
  {
    name: "never gives an ineligible backend, and gives one whenever one is eligible",
    run(factory) {
      const backend = fc.record({
        weight: fc.integer({ min: 1, max: 256 }),
        isEligible: fc.boolean(),
        active: fc.nat(100),
        connectTimeMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true })),
        firstByteTimeMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true })),
      });
      const backends = fc.array(backend, { maxLength: 12 });
      fc.assert(
        fc.property(backends, fc.nat(), fc.nat(2 ** 32 - 1), (drawn, seed, addressHash) => {
          const rig = new AlgorithmRig(Random.fromSeed(seed).next);
          rig.active.push(...drawn.map(({ active }) => active));
          rig.connectTimeMs.push(...drawn.map(({ connectTimeMs }) => connectTimeMs));
          rig.firstByteTimeMs.push(...drawn.map(({ firstByteTimeMs }) => firstByteTimeMs));
          rig.tickets = seed;
          const algorithm = rig.make(factory, weighted(drawn.map(({ weight }) => weight)));
          const eligible = { has: (index: number) => drawn[index]?.isEligible === true };
          for (let pick = 0; pick < 5; pick += 1) {
            const index = algorithm.pick(client(addressHash + pick), eligible);
            if (drawn.some(({ isEligible }) => isEligible)) assert(eligible.has(index));
            else assertEquals(index, NO_BACKEND);
          }
        }),
        // Maglev fills its whole table for each of these.
        { numRuns: 60 },
      );
    },
  },
];
