import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { addressKeyOfText } from "../../../lib/base/address_key.ts";
import { ClientTable, NO_PLACE } from "../../../lib/state/client_table.ts";
import { CLIENT_STRIDE, type ClientRegion } from "../../../lib/state/layout.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { bucketTime, tokenRate } from "../../../lib/state/token_bucket.ts";
import { within } from "../../support/patience.ts";
import { permittedTest } from "../../support/permitted.ts";
import type { HammerOrder, HammerReport } from "./hammering_worker.ts";

const NOW_NS = bucketTime(1_800_000_000_000);
const SECOND_NS = 1_000_000_000n;

/** Memory for a table so small that all keys collide. */
function smallTable(places: number, slots: number): [SharedArrayBuffer, ClientRegion] {
  const [cells, sharedPlaces] = [4, 2];
  const all = places + sharedPlaces;
  const shares = 2 * (cells + all * CLIENT_STRIDE);
  const memory = new SharedArrayBuffer((shares + Math.ceil(slots * all / 2) * 2) * 4);
  new BigInt64Array(memory).set([123456789n, -987654321n]);
  return [memory, { places, sharedPlaces, seeds: 0, notice: 2, cells, shares }];
}

function sessionsOnly(maxSessions: number): { maxSessions: number; rate: undefined } {
  return { maxSessions, rate: undefined };
}

Deno.test("ClientTable.enter() holds a limit for each client over all workers", () => {
  const state = SharedState.create(2);
  const [first, second] = [state.clientTable(0), state.clientTable(1)];
  const key = first.keyOf(addressKeyOfText("10.0.0.1"), 3);
  const other = first.keyOf(addressKeyOfText("10.0.0.2"), 3);
  const elsewhere = first.keyOf(addressKeyOfText("10.0.0.1"), 4);
  assertEquals(second.keyOf(addressKeyOfText("10.0.0.1"), 3), key);
  const place = first.enter(key, sessionsOnly(2), NOW_NS);
  assert(place >= 0);
  assertEquals(second.enter(key, sessionsOnly(2), NOW_NS), place);
  assertEquals(first.enter(key, sessionsOnly(2), NOW_NS), NO_PLACE.full);
  assert(first.enter(other, sessionsOnly(2), NOW_NS) >= 0);
  assert(first.enter(elsewhere, sessionsOnly(2), NOW_NS) >= 0);
  second.leave(place);
  assertEquals(first.enter(key, sessionsOnly(2), NOW_NS), place);
  assertEquals(first.sessions(key), 2);
});

Deno.test("ClientTable.keyOf() is exact for IPv4 and sets families and listeners apart", () => {
  const table = SharedState.create(1).clientTable(0);
  assertEquals(table.keyOf(0x0a000001n, 5), 1n << 62n | 5n << 32n | 0x0a000001n);
  const address = addressKeyOfText("2001:db8::1");
  assert(table.keyOf(address, 1) < 0n);
  assertNotEquals(table.keyOf(address, 1), table.keyOf(address, 2));
  assertNotEquals(table.keyOf(address, 1), table.keyOf(addressKeyOfText("2001:db8::2"), 1));
  const elsewhere = SharedState.create(1).clientTable(0);
  assertNotEquals(table.keyOf(address, 1), elsewhere.keyOf(address, 1));
});

Deno.test("ClientTable.enter() holds a rate for each client, and refusals cost nothing", () => {
  const table = SharedState.create(1).clientTable(0);
  const key = table.keyOf(1n, 0);
  const limits = { maxSessions: 5, rate: tokenRate(3) };
  for (let turn = 0; turn < 3; turn++) assert(table.enter(key, limits, NOW_NS) >= 0);
  assertEquals(table.enter(key, limits, NOW_NS), NO_PLACE.tooFast);
  assertEquals(table.sessions(key), 3);
  const later = NOW_NS + SECOND_NS;
  for (let turn = 0; turn < 2; turn++) assert(table.enter(key, limits, later) >= 0);
  assertEquals(table.enter(key, limits, later), NO_PLACE.full);
  table.leave(table.enter(key, { maxSessions: 0, rate: tokenRate(3) }, later));
  assertEquals(table.enter(key, { ...limits, maxSessions: 0 }, later), NO_PLACE.tooFast);
});

Deno.test("ClientTable.cancel() gives the token back too", () => {
  const table = SharedState.create(1).clientTable(0);
  const limits = { maxSessions: 5, rate: tokenRate(1) };
  const key = table.keyOf(1n, 0);
  table.cancel(table.enter(key, limits, NOW_NS), limits);
  assertEquals(table.sessions(key), 0);
  assert(table.enter(key, limits, NOW_NS) >= 0);
});

Deno.test("ClientTable.enter() has no place for a client where the table is full", () => {
  const table = new ClientTable(...smallTable(4, 1), 0);
  const places = [1n, 2n, 3n, 4n].map((address) =>
    table.enter(table.keyOf(address, 0), sessionsOnly(1), NOW_NS)
  );
  assertEquals(places.toSorted(), [0, 1, 2, 3]);
  const late = table.keyOf(5n, 0);
  assertEquals(table.enter(late, sessionsOnly(1), NOW_NS), NO_PLACE.none);
  table.leave(places[2] as number);
  assertEquals(table.enter(late, sessionsOnly(1), NOW_NS), places[2]);
  assertEquals(table.enter(late, sessionsOnly(1), NOW_NS), NO_PLACE.full);
});

Deno.test("ClientTable.enterShared() holds one limit for all who share a place", () => {
  const [memory, region] = smallTable(1, 2);
  const [first, second] = [new ClientTable(memory, region, 0), new ClientTable(memory, region, 1)];
  const keys = [1n, 2n, 3n, 4n, 5n].map((network) => first.keyOf(network, 0));
  const places = keys.map((key) => first.enterShared(key, sessionsOnly(9), NOW_NS));
  assert(places.every((place) => place === 1 || place === 2), String(places));
  const [key] = keys as [bigint];
  const limits = { maxSessions: 9, rate: tokenRate(2) };
  assertEquals(second.enterShared(key, limits, NOW_NS), places[0]);
  assertEquals(second.enterShared(key, limits, NOW_NS), places[0]);
  assertEquals(second.enterShared(key, limits, NOW_NS), NO_PLACE.tooFast);
  assertEquals(second.enterShared(key, sessionsOnly(2), NOW_NS), NO_PLACE.full);
  first.release(1);
  for (const place of places) first.leave(place);
  assertEquals(first.enterShared(key, sessionsOnly(1), NOW_NS), places[0]);
  assertEquals(first.enterShared(key, sessionsOnly(1), NOW_NS), NO_PLACE.full);
});

Deno.test("ClientTable.enter() takes no place over whose bucket is not full yet", () => {
  const table = new ClientTable(...smallTable(1, 1), 0);
  const limits = { maxSessions: 9, rate: tokenRate(1) };
  const [first, second] = [table.keyOf(1n, 0), table.keyOf(2n, 0)];
  table.leave(table.enter(first, limits, NOW_NS));
  assertEquals(table.enter(second, limits, NOW_NS), NO_PLACE.none);
  assertEquals(table.enter(first, limits, NOW_NS), NO_PLACE.tooFast);
  table.leave(table.enter(second, limits, NOW_NS + SECOND_NS));
  assertEquals(table.enter(first, limits, NOW_NS + SECOND_NS), NO_PLACE.none);
  // The clock was set back by a day: a time that far ahead is no longer a valid bucket.
  assert(table.enter(first, limits, NOW_NS - 86_400n * SECOND_NS) >= 0);
});

Deno.test("ClientTable counts as a plain map does, whatever comes and goes", () => {
  const visit = fc.record({ client: fc.nat(11), slot: fc.nat(1), leaves: fc.boolean() });
  fc.assert(fc.property(fc.array(visit, { maxLength: 200 }), (visits) => {
    const [memory, region] = smallTable(16, 2);
    const tables = [new ClientTable(memory, region, 0), new ClientTable(memory, region, 1)];
    const held: { client: number; slot: number; place: number }[] = [];
    for (const { client, slot, leaves } of visits) {
      const table = tables[slot] as ClientTable;
      const at = held.findIndex((session) => session.client === client && session.slot === slot);
      if (leaves && at >= 0) {
        table.leave((held[at] as { place: number }).place);
        held.splice(at, 1);
      } else {
        const count = held.filter((session) => session.client === client).length;
        const place = table.enter(table.keyOf(BigInt(client), 0), sessionsOnly(3), NOW_NS);
        assertEquals(place >= 0, count < 3);
        if (place >= 0) held.push({ client, slot, place });
      }
    }
    for (let client = 0; client < 12; client++) {
      const count = held.filter((session) => session.client === client).length;
      const table = tables[0] as ClientTable;
      assertEquals(table.sessions(table.keyOf(BigInt(client), 0)), count);
    }
  }));
});

Deno.test("ClientTable.release() gives back what a dead worker held, and only that", () => {
  const state = SharedState.create(2);
  const [first, second] = [state.clientTable(0), state.clientTable(1)];
  const key = first.keyOf(7n, 0);
  const limits = sessionsOnly(10);
  for (let turn = 0; turn < 4; turn++) first.enter(key, limits, NOW_NS);
  for (let turn = 0; turn < 3; turn++) second.enter(key, limits, NOW_NS);
  state.releaseWorker(1);
  assertEquals(first.sessions(key), 4);
  state.releaseWorker(1);
  assertEquals(first.sessions(key), 4);
});

Deno.test("ClientTable.release() frees places that a dead worker was taking over", () => {
  const [memory, region] = smallTable(2, 2);
  const cells = new BigInt64Array(memory);
  // As left by a thread of slot 1 that ends right after a claim, before its key is a member.
  cells[region.cells + 1] = 1n << 34n | 1n << 32n | 1n;
  cells[region.cells + CLIENT_STRIDE + 1] = 1n << 34n | 2n << 32n | 1n;
  const table = new ClientTable(memory, region, 0);
  const key = table.keyOf(1n, 0);
  assertEquals(table.enter(key, sessionsOnly(1), NOW_NS), NO_PLACE.none);
  table.release(0);
  assertEquals(table.enter(key, sessionsOnly(1), NOW_NS), NO_PLACE.none);
  table.release(1);
  assert(table.enter(key, sessionsOnly(1), NOW_NS) >= 0);
});

/** Runs threads on one table, and returns their reports and the table. */
async function hammerTogether(
  places: number,
  orders: Omit<HammerOrder, "memory" | "region" | "slot" | "threads" | "witnesses" | "dies">,
): Promise<{ reports: HammerReport[]; table: ClientTable; witnesses: Int32Array }> {
  const threads = 3;
  const [memory, region] = smallTable(places, threads);
  const witnesses = new Int32Array(new SharedArrayBuffer((orders.clients + 1) * 4));
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL("./hammering_worker.ts", import.meta.url), { type: "module" }),
  );
  try {
    const reports = workers.map((worker, slot) => {
      const report = Promise.withResolvers<HammerReport>();
      worker.onmessage = ({ data }: MessageEvent<HammerReport>) => report.resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        report.reject(new Error(event.message));
      };
      const dies = slot === 2;
      worker.postMessage({ ...orders, memory, region, slot, threads, witnesses, dies });
      return report.promise;
    });
    const table = new ClientTable(memory, region, 0);
    return { reports: await within("the threads", Promise.all(reports)), table, witnesses };
  } finally {
    for (const worker of workers) worker.terminate();
  }
}

for (
  const [what, places, clients] of [
    ["with room for every client", 64, 5],
    ["with clients that take places over from each other", 16, 40],
  ] as const
) {
  permittedTest(["read"], `ClientTable is exact under several threads, ${what}`, async () => {
    const maxSessions = 2;
    const { reports, table, witnesses } = await hammerTogether(places, {
      clients,
      maxSessions,
      rounds: 60_000,
    });
    assertEquals(reports.map(({ exceeded }) => exceeded), [0, 0, 0]);
    assertEquals(reports.map(({ homeless }) => homeless), [0, 0, 0]);
    assert(reports.every(({ entered }) => entered > 1000), JSON.stringify(reports));
    assertEquals(reports.map(({ held }) => held > 0).slice(0, 2), [false, false]);
    for (let client = 0; client < clients; client++) {
      assertEquals(table.sessions(table.keyOf(BigInt(client), 0)), witnesses[client]);
    }
    table.release(2);
    for (let client = 0; client < clients; client++) {
      assertEquals(table.sessions(table.keyOf(BigInt(client), 0)), 0);
    }
  });
}
