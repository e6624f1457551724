import { assertEquals, assertThrows } from "@std/assert";
import { parseOptions } from "../../bench/options.ts";

Deno.test("parseOptions() measures everything in five rounds at 1 and 2 workers by default", () => {
  const options = parseOptions([]);
  assertEquals(options.effort.rounds, 5);
  assertEquals(options.effort.sampleMs, 2_000);
  assertEquals(options.workers, [1, 2]);
  assertEquals(options.loads.length, 8);
  assertEquals(options.contestants.length, 7);
  assertEquals([options.json, options.svg], [null, null]);
});

Deno.test("parseOptions() reads lists, in the order of the tables", () => {
  const options = parseOptions([
    "--only=idle,connections",
    "--contestants",
    "nginx, direct",
    "--workers=4",
  ]);
  assertEquals(options.loads, ["connections", "idle"]);
  assertEquals(options.contestants, ["direct", "nginx"]);
  assertEquals(options.workers, [4]);
});

Deno.test("parseOptions() lets --rounds and --seconds change a quick run", () => {
  const { effort, workers } = parseOptions(["--quick", "--rounds=2", "--seconds=0.5"]);
  assertEquals([effort.rounds, effort.sampleMs], [2, 500]);
  assertEquals(workers, [1]);
});

Deno.test("parseOptions() leaves out the system calls with --no-strace", () => {
  assertEquals(parseOptions(["--no-strace"]).loads.includes("system_calls"), false);
});

Deno.test("parseOptions() names what is allowed where it got something else", () => {
  assertThrows(
    () => parseOptions(["--contestants=haproxi"]),
    RangeError,
    "--contestants takes direct, haproxy, nginx, before-streams, weir-streams, before-native, " +
      'weir-native: got "haproxi"',
  );
  assertThrows(
    () => parseOptions(["--rounds=0"]),
    RangeError,
    '--rounds takes whole numbers above 0: got "0"',
  );
  assertThrows(() => parseOptions(["--fast"]), TypeError, "--fast");
});
