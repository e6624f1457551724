import { assertEquals } from "@std/assert";
import { RestartDelays } from "../../../lib/supervisor/restart_delays.ts";

const HOUR = 3_600_000;

Deno.test("RestartDelays.next() doubles with every death in a row, up to ten seconds", () => {
  const delays = new RestartDelays();
  const waits = Array.from({ length: 9 }, () => delays.next(0, 50));
  assertEquals(waits, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
});

Deno.test("RestartDelays.next() starts over once a worker has lived for long", () => {
  const delays = new RestartDelays();
  for (let death = 0; death < 9; death++) delays.next(0, 50);
  assertEquals([delays.next(0, HOUR), delays.next(0, HOUR), delays.next(0, 50)], [100, 100, 200]);
});

Deno.test("RestartDelays.next() knows slots apart", () => {
  const delays = new RestartDelays();
  assertEquals([delays.next(0, 50), delays.next(0, 50), delays.next(1, 50)], [100, 200, 100]);
});
