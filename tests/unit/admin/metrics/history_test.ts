import { assertEquals } from "@std/assert";
import { History, HISTORY_MS } from "../../../../lib/admin/metrics/history.ts";
import { RateBook } from "../../../../lib/admin/metrics/rate_book.ts";
import type { StatusView } from "../../../../lib/admin/metrics/status_view.ts";
import { sampleStatus } from "../sample_status.ts";

const VIEW = new RateBook().addTo(sampleStatus());
const SECONDS = HISTORY_MS / 1000;

function viewAt(second: number, keys: readonly string[]): StatusView {
  const listeners = keys.flatMap((key) =>
    VIEW.listeners.map((listener) => ({
      ...listener,
      key,
      figures: { ...listener.figures, active: second },
    }))
  );
  const pools = keys.flatMap((name) =>
    VIEW.pools.map((pool) => ({
      ...pool,
      name,
      figures: { ...pool.figures, active: second * 2 },
    }))
  );
  return { ...VIEW, atMs: second * 1000, listeners, pools };
}

Deno.test("History.read() returns columns, oldest first, with null where there was nothing", () => {
  const history = new History();
  assertEquals(history.read(), { atMs: [], listeners: [], pools: [] });
  history.add(viewAt(1, ["a"]));
  history.add(viewAt(2, ["a", "b"]));
  history.add(viewAt(3, ["b"]));
  const { atMs, listeners, pools } = history.read();
  assertEquals(atMs, [1000, 2000, 3000]);
  assertEquals(listeners.map(({ key, active }) => [key, active]), [
    ["a", [1, 2, null]],
    ["b", [null, 2, 3]],
  ]);
  assertEquals(listeners[0]?.sessionsPerSecond, [0, 0, null]);
  assertEquals(listeners[0]?.refusedPerSecond, [0, 0, null]);
  assertEquals(pools.map(({ name, active }) => [name, active]), [
    ["a", [2, 4, null]],
    ["b", [null, 4, 6]],
  ]);
  assertEquals(pools[0]?.connectTimeP50Ms, [null, null, null]);
});

Deno.test("History remembers fifteen minutes, and forgets who was removed before", () => {
  const history = new History();
  history.add(viewAt(0, ["old"]));
  for (let second = 1; second < 2 * SECONDS; second++) history.add(viewAt(second, ["a"]));
  const { atMs, listeners, pools } = history.read();
  assertEquals([atMs.length, atMs[0], atMs.at(-1)], [
    SECONDS,
    SECONDS * 1000,
    (2 * SECONDS - 1) * 1000,
  ]);
  assertEquals(listeners.map(({ key }) => key), ["a"]);
  assertEquals(pools.map(({ name }) => name), ["a"]);
  assertEquals(listeners[0]?.active[0], SECONDS);
});

Deno.test("History goes back no further than to where the clock was set back", () => {
  const history = new History();
  for (const second of [90, 5000, 5001, 100, 101]) history.add(viewAt(second, ["a"]));
  assertEquals(history.read().atMs, [100_000, 101_000]);
});

Deno.test("History leaves out what is older than that, however few samples there are", () => {
  const history = new History();
  for (const second of [0, 10, SECONDS + 5, SECONDS + 8]) history.add(viewAt(second, ["a"]));
  assertEquals(history.read().atMs, [10_000, (SECONDS + 5) * 1000, (SECONDS + 8) * 1000]);
});
