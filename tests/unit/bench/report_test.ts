import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { LOADS } from "../../bench/loads/loads.ts";
import { alignColumns } from "../../bench/report/align_columns.ts";
import { formatCount, formatFigure, formatRatio } from "../../bench/report/format.ts";
import { renderPlot } from "../../bench/report/plot.ts";
import type { Report } from "../../bench/report/report.ts";
import { summarize } from "../../bench/report/summary.ts";
import { renderTable } from "../../bench/report/table.ts";
import type { Sample } from "../../bench/sample.ts";
import { makeSample } from "./samples.ts";

function makeReport(samples: readonly Sample[], problems: readonly string[] = []): Report {
  return {
    startedAt: "2026-01-02T03:04:05.678Z",
    effort: "full",
    rounds: 2,
    machine: {
      processor: "Some <fast> & small CPU",
      cores: 2,
      memoryGib: 24,
      system: "Linux 6.1",
      versions: { deno: "2.9.6", haproxy: "2.6.12" },
    },
    problems,
    summaries: summarize(samples),
    samples,
  };
}

const SAMPLES = [
  makeSample({ contestant: "direct", round: 1, figures: { perSecond: 12_345 } }),
  makeSample({ contestant: "haproxy", round: 1, figures: { cpuUs: 40, perSecond: 8_000 } }),
  makeSample({ contestant: "weir-streams", round: 1, figures: { cpuUs: 80, perSecond: 6_000 } }),
  makeSample({ contestant: "haproxy", round: 2, figures: { cpuUs: 42, perSecond: 8_000 } }),
  makeSample({ contestant: "weir-streams", round: 2, figures: { cpuUs: 63, perSecond: 6_000 } }),
];

Deno.test("formatFigure() picks the unit of a time by its size", () => {
  assertEquals(formatFigure("cpuUs", 9.876), "9.88 µs");
  assertEquals(formatFigure("cpuUs", 42.123), "42.1 µs");
  assertEquals(formatFigure("p99Us", 1_234), "1.23 ms");
  assertEquals(formatFigure("cpuUs", 783_210), "783 ms");
  assertEquals(formatFigure("cpuUs", 1_500_000), "1.50 s");
});

Deno.test("formatFigure() writes memory, shares and counts with their units", () => {
  assertEquals(formatFigure("memoryKib", 29.96), "30.0 KiB");
  assertEquals(formatFigure("idlePercent", 0.456), "0.46 %");
  assertEquals(formatFigure("perSecond", 1_234_567.8), "1,234,568");
});

Deno.test("formatCount() puts a comma between thousands only", () => {
  assertEquals([0, 999, 1_000, 12_345, 1_000_000].map(formatCount), [
    "0",
    "999",
    "1,000",
    "12,345",
    "1,000,000",
  ]);
});

Deno.test("formatRatio() writes two digits, and a dash for none", () => {
  assertEquals([1, 1.054, null].map(formatRatio), ["1.00", "1.05", "-"]);
});

Deno.test("alignColumns() lines up the first column left and the others right", () => {
  assertEquals(alignColumns([["a", "1.5"], ["long", "10", "x"], ["b"]]), [
    "a     1.5",
    "long   10  x",
    "b",
  ]);
});

Deno.test("renderTable() shows median, ends and ratio of every contestant", () => {
  const table = renderTable(makeReport(SAMPLES), LOADS);
  assertMatch(table, /^New connections, 1 worker$/m);
  assertMatch(table, /^ {4}haproxy +41\.0 µs +40\.0 µs +42\.0 µs +1\.00$/m);
  assertMatch(table, /^ {4}weir-streams +71\.5 µs +63\.0 µs +80\.0 µs +1\.75$/m);
  assertMatch(table, /^ {4}direct +12,345 +12,345 +12,345 +1\.54$/m);
});

Deno.test("renderTable() sums up the ratios and names the machine and the versions", () => {
  const table = renderTable(makeReport(SAMPLES), LOADS);
  assertMatch(table, /1w connections: processor time per connection +- +1\.75 \(1\.50\.\.2\.00\)/);
  assertStringIncludes(table, "Some <fast> & small CPU, 2 cores, 24 GiB, Linux 6.1\n");
  assertStringIncludes(table, "deno 2.9.6, haproxy 2.6.12\n");
});

Deno.test("renderTable() lists what is missing, and says so where there is no HAProxy", () => {
  const samples = SAMPLES.filter(({ contestant }) => contestant !== "haproxy");
  const table = renderTable(makeReport(samples, ["haproxy does not take part: gone"]), LOADS);
  assertStringIncludes(table, "Ratios to haproxy: none, as haproxy did not take part\n");
  assertStringIncludes(table, "Missing or failed\n  haproxy does not take part: gone\n");
});

Deno.test("renderTable() shows growth over the first step", () => {
  const step = { load: "growth", series: "by idle sessions", contestant: "haproxy" } as const;
  const table = renderTable(
    makeReport([
      makeSample({ ...step, step: "0 idle", round: 1, figures: { cpuUs: 50, p50Us: 3 } }),
      makeSample({ ...step, step: "1,000 idle", round: 1, figures: { cpuUs: 60, p50Us: 3 } }),
    ]),
    LOADS,
  );
  assertMatch(table, /^Growth: by idle sessions, 1 worker$/m);
  assertMatch(table, /^ {4}haproxy, 1,000 idle +60\.0 µs +60\.0 µs +60\.0 µs +1\.00 +1\.20$/m);
  assertEquals(table.includes("p50"), false);
});

Deno.test("renderTable() shows system calls by name, the most frequent first", () => {
  const load = { load: "system_calls", round: 1 } as const;
  const table = renderTable(
    makeReport([
      makeSample({
        ...load,
        contestant: "nginx",
        figures: { systemCalls: 3 },
        detail: { writev: 2, brk: 0.01, close: 1 },
      }),
      makeSample({
        ...load,
        contestant: "haproxy",
        figures: { systemCalls: 5 },
        detail: { recvfrom: 4, close: 1 },
      }),
    ]),
    LOADS,
  );
  const start = table.indexOf("System calls per session");
  assertEquals(table.slice(start).split("\n").slice(1, 6), [
    "              haproxy  nginx",
    "  all            5.00   3.00",
    "    recvfrom     4.00      -",
    "    writev          -   2.00",
    "    close        1.00   1.00",
  ]);
});

Deno.test("renderPlot() draws a bar for each ratio, as long as the ratio says", () => {
  const svg = renderPlot(makeReport(SAMPLES), LOADS);
  const bars = [...svg.matchAll(/<rect x="\d+" y="\S+" width="([\d.]+)" height="18"/g)];
  const [haproxy, weir] = bars.map((bar) => Number(bar[1]));
  assertEquals(bars.length, 2);
  assert(Math.abs((weir as number) / (haproxy as number) - 1.75) < 0.01);
  assertStringIncludes(svg, ">1.75 (71.5 µs)</text>");
  assertStringIncludes(svg, ">New connections, 1 worker</text>");
  assertStringIncludes(svg, ">processor time per connection</text>");
});

Deno.test("renderPlot() escapes what it prints and follows the reader's theme", () => {
  const svg = renderPlot(makeReport(SAMPLES), LOADS);
  assertStringIncludes(svg, "Some &lt;fast> &amp; small CPU");
  assertStringIncludes(svg, "@media (prefers-color-scheme: dark)");
  assertMatch(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<\/svg>\n$/);
});

Deno.test("renderPlot() without any ratio still gives a picture that says what it is", () => {
  const svg = renderPlot(makeReport([]), LOADS);
  assertStringIncludes(svg, "Ratio to HAProxy");
  assertEquals(svg.includes("NaN") || svg.includes("Infinity"), false);
});
