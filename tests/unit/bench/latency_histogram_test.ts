import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LatencyHistogram } from "../../bench/traffic/latency_histogram.ts";

Deno.test("LatencyHistogram.quantile() is 0 where nothing was recorded", () => {
  assertEquals(new LatencyHistogram().quantile(0.5), 0);
});

Deno.test("LatencyHistogram.quantile() is within 1 % of the exact quantile", () => {
  const latency = fc.double({ min: 1.1, max: 60e6, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(latency, { minLength: 1, maxLength: 300 }),
      fc.constantFrom(0.5, 0.99, 0.999, 1),
      (latencies, share) => {
        const histogram = new LatencyHistogram();
        for (const one of latencies) histogram.record(one);
        const sorted = latencies.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(sorted.length * share) - 1] as number;
        assert(Math.abs(histogram.quantile(share) / exact - 1) < 0.01);
        assertEquals(histogram.total, latencies.length);
      },
    ),
  );
});

Deno.test("LatencyHistogram.record() counts what is out of range at the edges", () => {
  const histogram = new LatencyHistogram();
  histogram.record(0);
  histogram.record(1e12);
  assertEquals(histogram.total, 2);
  assert(histogram.quantile(0.5) < 1.02);
  assert(histogram.quantile(1) > 130e6);
});
