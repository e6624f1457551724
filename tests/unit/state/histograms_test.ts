import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  bucketColumn,
  bucketCount,
  CONNECT_TIME,
  estimateQuantile,
  SESSION_DURATION,
} from "../../../lib/state/histograms.ts";
import { BackendTally } from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { takeSnapshot } from "../../../lib/state/snapshot.ts";

function countsOf(values: readonly number[]): number[] {
  const counts = new Array<number>(bucketCount(CONNECT_TIME)).fill(0);
  for (const value of values) {
    const index = bucketColumn(CONNECT_TIME, value) - CONNECT_TIME.column;
    counts[index] = (counts[index] as number) + 1;
  }
  return counts;
}

Deno.test("the bounds of every histogram go up", () => {
  for (const { bounds } of [CONNECT_TIME, SESSION_DURATION]) {
    assertEquals(bounds, [...bounds].sort((a, b) => a - b));
    assertEquals(new Set(bounds).size, bounds.length);
  }
});

Deno.test("bucketColumn() puts a bound into the bucket that it ends", () => {
  const { bounds, column } = CONNECT_TIME;
  assertEquals(bucketColumn(CONNECT_TIME, 0), column);
  bounds.forEach((bound, index) => {
    assertEquals(bucketColumn(CONNECT_TIME, bound), column + index);
    assertEquals(bucketColumn(CONNECT_TIME, bound * 1.0001), column + index + 1);
  });
  assertEquals(bucketColumn(CONNECT_TIME, Infinity), column + bounds.length);
});

Deno.test("estimateQuantile() is never further off than the bucket is wide", () => {
  const value = fc.double({ min: 0, max: 5000, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, quantile) => {
        const sorted = values.toSorted((a, b) => a - b);
        const rank = Math.max(1, Math.ceil(quantile * sorted.length));
        const exact = sorted[rank - 1] as number;
        const estimate = estimateQuantile(CONNECT_TIME, countsOf(values), quantile) as number;
        const index = bucketColumn(CONNECT_TIME, exact) - CONNECT_TIME.column;
        assert(estimate >= (CONNECT_TIME.bounds[index - 1] ?? 0));
        assert(estimate <= (CONNECT_TIME.bounds[index] as number));
      },
    ),
  );
});

Deno.test("estimateQuantile() knows nothing without values, and no more than the last bound", () => {
  assertEquals(estimateQuantile(CONNECT_TIME, countsOf([]), 0.5), undefined);
  assertEquals(estimateQuantile(CONNECT_TIME, countsOf([60_000]), 0.5), 5000);
  assertEquals(estimateQuantile(CONNECT_TIME, countsOf([0, 0, 0]), 1), 0.1);
  assertAlmostEquals(
    estimateQuantile(CONNECT_TIME, countsOf([6, 7, 8, 9]), 0.5) as number,
    7.5,
  );
});

Deno.test("SharedState.observeBackend() counts in the worker's own stripe, and the snapshot sums up", () => {
  const state = SharedState.create(3);
  state.observeBackend(0, 7, CONNECT_TIME, 0.05);
  state.observeBackend(2, 7, CONNECT_TIME, 3);
  state.observeListener(1, 4, SESSION_DURATION, 90_000);
  const { listeners: [listener], pools: [pool] } = takeSnapshot(state, {
    listeners: [{ key: "a", row: 4 }],
    pools: [{ name: "p", row: 2, backends: [{ name: "b", row: 7 }, { name: "c", row: 8 }] }],
    workers: [],
  });
  const [first, second] = pool?.backends ?? [];
  assertEquals(first?.figures.connectTimes, countsOf([0.05, 3]));
  assertEquals(first?.figures.connectTimeSumMs, 3.05);
  assertEquals(second?.figures.connectTimes, countsOf([]));
  assertEquals(listener?.figures.durations.reduce((sum, count) => sum + count), 1);
  assertEquals(listener?.figures.durationSumMs, 90_000);
  state.clearBackendRow(7);
  assertEquals(state.backendTally(2, 7, bucketColumn(CONNECT_TIME, 3)), 0);
  assertEquals(state.backendTally(2, 7, BackendTally.connectTimeSumMs), 0);
  assert(Object.values(BackendTally).every((tally) => tally < CONNECT_TIME.column));
});
