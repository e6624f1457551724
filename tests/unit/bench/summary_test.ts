import { assertEquals } from "@std/assert";
import { summarize } from "../../bench/report/summary.ts";
import { makeSample } from "./samples.ts";

Deno.test("summarize() takes the ratio in each round, then the median of the ratios", () => {
  const summaries = summarize([
    makeSample({ contestant: "nginx", round: 1, figures: { cpuUs: 11 } }),
    makeSample({ contestant: "haproxy", round: 1, figures: { cpuUs: 10 } }),
    // A round in which the machine was four times as slow for everyone.
    makeSample({ contestant: "nginx", round: 2, figures: { cpuUs: 44 } }),
    makeSample({ contestant: "haproxy", round: 2, figures: { cpuUs: 40 } }),
    makeSample({ contestant: "haproxy", round: 3, figures: { cpuUs: 10 } }),
    makeSample({ contestant: "nginx", round: 3, figures: { cpuUs: 12 } }),
  ]);
  assertEquals(summaries.map(({ contestant }) => contestant), ["haproxy", "nginx"]);
  assertEquals(summaries[0]?.ratio, { median: 1, min: 1, max: 1 });
  assertEquals(summaries[1]?.value, { median: 12, min: 11, max: 44 });
  assertEquals(summaries[1]?.ratio, { median: 1.1, min: 1.1, max: 1.2 });
  assertEquals(summaries[1]?.rounds, 3);
});

Deno.test("summarize() gives no ratio where HAProxy has no such figure", () => {
  const summaries = summarize([
    makeSample({ contestant: "haproxy", round: 1, figures: { perSecond: 5 } }),
    makeSample({ contestant: "nginx", round: 1, figures: { cpuUs: 11 } }),
  ]);
  assertEquals(summaries.map(({ figure, ratio }) => [figure, ratio?.median ?? null]), [
    ["cpuUs", null],
    ["perSecond", 1],
  ]);
});

Deno.test("summarize() keeps worker counts and steps apart", () => {
  const growth = { load: "growth", series: "by backends" };
  const summaries = summarize([
    makeSample({ ...growth, step: "10", contestant: "haproxy", round: 1, figures: { cpuUs: 10 } }),
    makeSample({ ...growth, step: "99", contestant: "haproxy", round: 1, figures: { cpuUs: 20 } }),
    makeSample({ ...growth, step: "10", contestant: "nginx", round: 1, figures: { cpuUs: 30 } }),
    makeSample({ ...growth, step: "99", contestant: "nginx", round: 1, figures: { cpuUs: 30 } }),
    makeSample({ workers: 2, contestant: "nginx", round: 1, figures: { cpuUs: 1 } }),
  ]);
  const rows = summaries.map((one) => [
    one.workers,
    one.contestant,
    one.step,
    one.ratio?.median ?? null,
    one.growth,
  ]);
  assertEquals(rows, [
    [1, "haproxy", "10", 1, 1],
    [1, "haproxy", "99", 1, 2],
    [1, "nginx", "10", 3, 1],
    [1, "nginx", "99", 1.5, 1],
    [2, "nginx", "", null, null],
  ]);
});

Deno.test("summarize() leaves out a sample without the figure", () => {
  const summaries = summarize([
    makeSample({ contestant: "haproxy", round: 1, figures: {} }),
    makeSample({ contestant: "haproxy", round: 2, figures: { cpuUs: 7 } }),
  ]);
  assertEquals(summaries.length, 1);
  assertEquals(summaries[0]?.rounds, 1);
});

Deno.test("summarize() takes the change since the checkout before, round by round", () => {
  const summaries = summarize([
    makeSample({ contestant: "weir-native", round: 1, figures: { cpuUs: 9 } }),
    makeSample({ contestant: "before-native", round: 1, figures: { cpuUs: 10 } }),
    makeSample({ contestant: "before-native", round: 2, figures: { cpuUs: 20 } }),
    makeSample({ contestant: "weir-native", round: 2, figures: { cpuUs: 22 } }),
    makeSample({ contestant: "before-streams", round: 1, figures: { cpuUs: 50 } }),
  ]);
  const changes = summaries.map(({ contestant, change }) => [contestant, change]);
  assertEquals(changes, [
    ["before-streams", null],
    ["before-native", null],
    ["weir-native", { median: 1, min: 0.9, max: 1.1 }],
  ]);
});
