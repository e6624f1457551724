import { assertEquals } from "@std/assert";
import { RateBook } from "../../../../lib/admin/metrics/rate_book.ts";
import { RateMeter } from "../../../../lib/admin/metrics/rate_meter.ts";
import type { StatusView } from "../../../../lib/admin/metrics/status_view.ts";
import { bucketColumn, bucketCount, CONNECT_TIME } from "../../../../lib/state/histograms.ts";
import { type SampleFigures, sampleStatus } from "../sample_status.ts";

function viewAfter(looks: readonly SampleFigures[]): StatusView {
  const book = new RateBook();
  for (const look of looks) book.look(sampleStatus(look), look.atMs);
  return book.addTo(sampleStatus(looks.at(-1)));
}

function bucketsWith(counts: readonly [ms: number, count: number][]): number[] {
  const buckets = new Array<number>(bucketCount(CONNECT_TIME)).fill(0);
  for (const [ms, count] of counts) {
    buckets[bucketColumn(CONNECT_TIME, ms) - CONNECT_TIME.column] = count;
  }
  return buckets;
}

Deno.test("RateMeter.perSecond() is the growth over the last five looks", () => {
  const meter = new RateMeter(2);
  assertEquals(meter.perSecond(0), 0);
  meter.look(0, [100, 0]);
  assertEquals(meter.perSecond(0), 0);
  meter.look(500, [110, 0]);
  assertEquals(meter.perSecond(0), 20);
  for (let second = 1; second <= 20; second++) meter.look(500 + second * 1000, [110, second * 3]);
  assertEquals([meter.perSecond(0), meter.perSecond(1)], [0, 3]);
});

Deno.test("RateMeter.addGrowth() adds what has come over the last ten looks", () => {
  const meter = new RateMeter(3);
  const sums = new Float64Array([1000, 0]);
  for (let second = 0; second <= 30; second++) meter.look(second * 1000, [0, second, second * 2]);
  meter.addGrowth(1, sums);
  assertEquals([...sums], [1010, 20]);
});

Deno.test("RateMeter starts over if a figure was reset", () => {
  const meter = new RateMeter(2);
  meter.look(0, [1000, 5]);
  meter.look(1000, [2000, 5]);
  meter.look(2000, [10, 5]);
  assertEquals(meter.perSecond(0), 0);
  meter.look(3000, [40, 5]);
  assertEquals(meter.perSecond(0), 30);
});

Deno.test("RateBook returns rates of backends, of pools as their sums, and of listeners", () => {
  const { listeners: [listener], pools: [pool] } = viewAfter([
    { atMs: 0, sessions: 0, bytesIn: 0, bytesOut: 0, accepted: 0 },
    { atMs: 2000, sessions: 10, bytesIn: 400, bytesOut: 800, connectFailures: 2, accepted: 20 },
  ]);
  assertEquals(pool?.backends[0]?.rates, {
    sessionsPerSecond: 5,
    bytesInPerSecond: 200,
    bytesOutPerSecond: 400,
    errorsPerSecond: 1,
    connectTimeP50Ms: null,
    connectTimeP99Ms: null,
  });
  assertEquals(pool?.rates, pool?.backends[0]?.rates);
  assertEquals(listener?.rates, { sessionsPerSecond: 10, refusedPerSecond: 0 });
});

Deno.test("RateBook estimates connect times from what is new, and not from long ago", () => {
  const { pools: [pool] } = viewAfter([
    { atMs: 0, connectTimes: bucketsWith([[3000, 5000]]) },
    { atMs: 1000, connectTimes: bucketsWith([[3000, 5000], [2, 98], [300, 2]]) },
  ]);
  const { connectTimeP50Ms, connectTimeP99Ms } = pool?.backends[0]?.rates ?? {};
  assertEquals(pool?.rates.connectTimeP50Ms, connectTimeP50Ms);
  assertEquals(connectTimeP50Ms, 1.765);
  assertEquals(connectTimeP99Ms, 375);
});

Deno.test("RateBook.look() finds the same rates when the status's own clock is set", () => {
  const book = new RateBook();
  for (const second of [0, 1, 2]) {
    const atMs = 1_700_000_000_000 - second * 3_600_000;
    book.look(sampleStatus({ atMs, accepted: second * 7 }), second * 1000);
  }
  assertEquals(book.addTo(sampleStatus({})).listeners[0]?.rates.sessionsPerSecond, 7);
});
