import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { CLIENT_MEMORY_MS, CLIENTS_REMEMBERED, SLICE_MS } from "../../../lib/state/reset_window.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { within } from "../../support/patience.ts";
import { permittedTest } from "../../support/permitted.ts";
import type { CountingOrder } from "./counting_worker.ts";

/** The beginning of a slice. */
const START_MS = 1_800_000_000_000;

Deno.test("ResetWindow counts sessions and resets of the slice at hand and of the one before", () => {
  const { resetWindow } = SharedState.create(1);
  resetWindow.countSession(3, START_MS);
  resetWindow.countSession(3, START_MS + 1);
  resetWindow.countReset(3, 1n, START_MS + 2);
  function seen(row: number, atMs: number): number[] {
    return [resetWindow.sessions(row, START_MS + atMs), resetWindow.resets(row, START_MS + atMs)];
  }
  assertEquals(seen(3, 2), [2, 1]);
  assertEquals(seen(2, 2), [0, 0]);
  assertEquals(seen(3, 2 * SLICE_MS - 1), [2, 1]);
  assertEquals(seen(3, 2 * SLICE_MS), [0, 0]);
  resetWindow.countSession(3, START_MS + 2 * SLICE_MS);
  assertEquals(seen(3, 2 * SLICE_MS), [1, 0]);
});

Deno.test("ResetWindow.clients() counts each client once, for ten seconds", () => {
  const { resetWindow } = SharedState.create(1);
  for (const [client, atMs] of [[1n, 0], [1n, 100], [2n, 200], [1n, 300]] as const) {
    resetWindow.countReset(0, client, START_MS + atMs);
  }
  assertEquals(resetWindow.clients(0, START_MS + 400), 2);
  assertEquals(resetWindow.clients(0, START_MS + 200 + CLIENT_MEMORY_MS), 2);
  assertEquals(resetWindow.clients(0, START_MS + 301 + CLIENT_MEMORY_MS), 1);
  assertEquals(resetWindow.clients(0, START_MS + 401 + CLIENT_MEMORY_MS), 0);
  assertEquals(resetWindow.clients(1, START_MS + 400), 0);
});

Deno.test("ResetWindow.clients() is as exact as a list of all resets, up to three", () => {
  const resets = fc.array(
    fc.record({ client: fc.integer({ min: 1, max: 5 }), pauseMs: fc.nat(70).map((n) => n * 100) }),
    { maxLength: 40 },
  );
  fc.assert(fc.property(resets, (steps) => {
    const { resetWindow } = SharedState.create(1);
    const lastMs = new Map<number, number>();
    let nowMs = START_MS;
    for (const { client, pauseMs } of steps) {
      nowMs += pauseMs;
      resetWindow.countReset(0, BigInt(client), nowMs);
      lastMs.set(client, nowMs);
      const recent = [...lastMs.values()].filter((atMs) => nowMs - atMs <= CLIENT_MEMORY_MS);
      assertEquals(
        resetWindow.clients(0, nowMs),
        Math.min(recent.length, CLIENTS_REMEMBERED),
      );
    }
  }));
});

Deno.test("ResetWindow tells apart clients of every kind of address", () => {
  const clients = Array.from({ length: 500 }, (_, index) => [
    0x0a000000n + BigInt(index),
    (1n << 128n) | (BigInt(index) << 64n),
  ]).flat();
  let mistaken = 0;
  for (let at = 0; at + 2 < clients.length; at++) {
    const { resetWindow } = SharedState.create(1);
    for (const client of clients.slice(at, at + 3)) resetWindow.countReset(0, client, START_MS);
    if (resetWindow.clients(0, START_MS) < 3) mistaken++;
  }
  // Of 65,535 values three are rarely the same.
  assertLessOrEqual(mistaken, 2);
});

Deno.test("ResetWindow stops counting where a slice has room for no more", () => {
  const { resetWindow } = SharedState.create(1);
  for (let session = 0; session < 2 ** 20 + 5; session++) resetWindow.countSession(0, START_MS);
  assertEquals(resetWindow.sessions(0, START_MS), 2 ** 20 - 1);
});

Deno.test("SharedState.clearBackendRow() forgets sessions and resets", () => {
  const state = SharedState.create(1);
  for (const row of [4, 5]) {
    state.resetWindow.countSession(row, START_MS);
    state.resetWindow.countReset(row, 9n, START_MS);
  }
  state.clearBackendRow(4);
  const seen = [4, 5].map((row) => [
    state.resetWindow.sessions(row, START_MS),
    state.resetWindow.resets(row, START_MS),
    state.resetWindow.clients(row, START_MS),
  ]);
  assertEquals(seen, [[0, 0, 0], [1, 1, 1]]);
});

permittedTest(
  ["read"],
  "ResetWindow loses no session that real threads count at once",
  async () => {
    const state = SharedState.create(1);
    const order: CountingOrder = { memory: state.buffer, sessions: 200_000, nowMs: START_MS };
    const url = new URL("./counting_worker.ts", import.meta.url);
    const workers = [0, 1].map(() => new Worker(url, { type: "module" }));
    try {
      const done = workers.map((worker) =>
        new Promise((resolve, reject) => {
          worker.onmessage = resolve;
          worker.onerror = (event) => {
            event.preventDefault();
            reject(new Error(event.message));
          };
          worker.postMessage(order);
        })
      );
      await within("the threads", Promise.all(done));
    } finally {
      for (const worker of workers) worker.terminate();
    }
    const counted = state.resetWindow.sessions(0, START_MS);
    assert(counted === 400_000, `${counted} of 400,000`);
  },
);
