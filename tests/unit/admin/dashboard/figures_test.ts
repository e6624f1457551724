import { assertEquals } from "@std/assert";
import {
  formatAge,
  formatBytes,
  formatClock,
  formatCount,
  formatMs,
  formatRate,
  formatShare,
} from "../../../../lib/admin/dashboard/page/figures.js";

function each<T>(format: (value: T) => string, expected: readonly (readonly [T, string])[]): void {
  for (const [value, text] of expected) assertEquals(format(value), text, String(value));
}

Deno.test("formatCount() is exact below ten thousand and has three digits above", () => {
  each(formatCount, [
    [0, "0"],
    [9_999, "9999"],
    [10_000, "10.0k"],
    [12_345, "12.3k"],
    [999_499, "999k"],
    [999_500, "1.00M"],
    [1_234_567_890, "1.23G"],
  ]);
});

Deno.test("formatRate() tells little from nothing", () => {
  each(formatRate, [[0, "0"], [0.01, "<0.1"], [0.05, "0.1"], [9.94, "9.9"], [9.96, "10"], [
    12_000,
    "12.0k",
  ]]);
});

Deno.test("formatBytes() goes up to the next unit where four digits would be needed", () => {
  each(formatBytes, [
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.00 KiB"],
    [1_048_575, "1.00 MiB"],
    [1_048_576, "1.00 MiB"],
    [5e15, "4.44 PiB"],
  ]);
});

Deno.test("formatMs() writes a dash where there is no figure", () => {
  each(formatMs, [
    [null, "–"],
    [undefined, "–"],
    [NaN, "–"],
    [0.123, "0.12 ms"],
    [1, "1.0 ms"],
    [12.6, "13 ms"],
    [1_500, "1.5 s"],
    [20_000, "20 s"],
  ]);
});

Deno.test("formatShare() never rounds a share down to nothing", () => {
  each(formatShare, [[undefined, "–"], [0, "0 %"], [0.001, "<1 %"], [0.4286, "43 %"], [
    1,
    "100 %",
  ]]);
});

Deno.test("formatAge() keeps to the largest unit", () => {
  each(formatAge, [
    [-5, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [7_200_000, "2 h"],
    [172_800_000, "2 d"],
  ]);
});

Deno.test("formatClock() writes the local time of day", () => {
  assertEquals(formatClock(new Date(2024, 0, 2, 3, 4, 5).getTime()), "03:04:05");
});
