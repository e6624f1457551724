import { assertEquals } from "@std/assert";
import { Ledger } from "../../../lib/balance/ledger.ts";
import { decay } from "../../../lib/base/peak_ewma.ts";
import { BackendReading } from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

/** One worker's ledger on a clock that a test sets, and the average of row 0. */
function rig() {
  const state = SharedState.create(1);
  const clock = { nowMs: 1_000 };
  const ignore = () => {};
  const watcher = {
    takeTrial: () => false,
    connected: ignore,
    succeeded: ignore,
    failed: ignore,
    reset: ignore,
    abandoned: ignore,
  };
  const ledger = new Ledger({ state, slot: 0, poolRow: 0, now: () => clock.nowMs, watcher });
  return {
    clock,
    ledger,
    averageMs: () => state.backendReading(0, BackendReading.firstByteTimeMs),
  };
}

Deno.test("Ledger.sentFirstByte() raises the average at once, and lowers it gradually", () => {
  const { clock, ledger, averageMs } = rig();
  ledger.sentFirstByte(0, 20);
  ledger.sentFirstByte(0, 80);
  assertEquals(averageMs(), 80);
  clock.nowMs += 10_000;
  ledger.sentFirstByte(0, 20);
  assertEquals(averageMs(), 20 + decay(60, 10_000));
});

Deno.test("Ledger.sentNothing() counts a wait only where it is longer, and the backend does send", () => {
  const { ledger, averageMs } = rig();
  ledger.sentNothing(0, 500);
  assertEquals(averageMs(), 0);
  ledger.sentFirstByte(0, 20);
  ledger.sentNothing(0, 10);
  assertEquals(averageMs(), 20);
  ledger.sentNothing(0, 500);
  assertEquals(averageMs(), 500);
});
