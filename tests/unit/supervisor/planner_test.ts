import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { MOST_BACKENDS } from "../../../lib/config/key.ts";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { Settings } from "../../../lib/config/settings.ts";
import { MODE } from "../../../lib/state/codes.ts";
import {
  BackendCell,
  BackendTally,
  ListenerCell,
  ListenerTally,
  PoolCell,
} from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { Planner } from "../../../lib/supervisor/planner.ts";

function settingsOf(...mappings: string[]): Settings {
  const text = `[mappings]\n${mappings.join("\n")}\n`;
  const { settings } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  assert(settings !== undefined);
  return settings;
}

function rig() {
  const state = SharedState.create(1);
  const planner = new Planner(state);
  /** Plans, applies and settles; returns the rows of every listener and of its pool's backends. */
  function enact(...mappings: string[]): number[][] {
    const plan = planner.plan(settingsOf(...mappings));
    plan.apply();
    planner.settle();
    return plan.generation.listeners.map(({ row, pool }) => [row, ...pool.backendRows]);
  }
  return {
    state,
    planner,
    enact,
    /** The same, but returns the rows of the first listener's backends. */
    apply: (...mappings: string[]) => enact(...mappings)[0]?.slice(1) ?? [],
    /** What is leaving, as `listener KEY`, and `NAME: backend, …` for the pools. */
    leaving: () => {
      const { listeners, pools } = planner.leaving();
      return [
        ...listeners.map(({ settings }) => `listener ${settings.key}`),
        ...pools.map(({ settings: { name, backends } }) =>
          `${name}: ${backends.map(({ name }) => name).join(", ")}`
        ),
      ];
    },
  };
}

Deno.test("Planner.plan() gives every backend of every pool a row of its own", () => {
  const { planner } = rig();
  const plan = planner.plan(settingsOf(
    "2000 = 127.0.0.1:1, 127.0.0.1:2",
    "2001 = 127.0.0.1:1",
  ));
  const rows = plan.generation.pools.flatMap(({ backendRows }) => backendRows);
  assertEquals(new Set(rows).size, 3);
});

Deno.test("Planner.plan() keeps the row of a backend that stays, and of a listener spelled differently", () => {
  const { planner } = rig();
  const first = planner.plan(settingsOf("2000 = 127.0.0.1:1, 127.0.0.1:2"));
  first.apply();
  const second = planner.plan(settingsOf("*:2000 = 127.0.0.1:3, 127.0.0.1:2"));
  second.apply();
  const [before] = first.generation.listeners;
  const [after] = second.generation.listeners;
  assert(before !== undefined && after !== undefined);
  assertEquals([after.row, after.pool.row], [before.row, before.pool.row]);
  assertEquals(after.pool.backendRows[1], before.pool.backendRows[1]);
  assertNotEquals(after.pool.backendRows[0], before.pool.backendRows[0]);
  assertEquals(second.generation.number, first.generation.number + 1);
});

Deno.test("Planner.plan() keeps the row of a backend that is called or written differently", () => {
  const { apply } = rig();
  const rows = apply("2000 = 127.0.0.1:1, [::1]:2, blue@127.0.0.1:3");
  assertEquals(apply("2000 = blue@127.0.0.1:1, [0::1]:2, green@127.0.0.1:3"), rows);
});

Deno.test("Planner.apply() writes weights in hundredths, and modes", () => {
  const { state, apply } = rig();
  const [a, b] = apply("2000 = 127.0.0.1:1:3, 127.0.0.1:2 drain");
  assert(a !== undefined && b !== undefined);
  assertEquals(state.backendCell(a, BackendCell.weight), 300);
  assertEquals(state.backendCell(b, BackendCell.mode), MODE.drain);
});

Deno.test("Planner.discard() leaves everything as it was", () => {
  const { state, planner, apply } = rig();
  const [row] = apply("2000 = 127.0.0.1:1:3");
  assert(row !== undefined);
  const epoch = state.epoch;
  planner.plan(settingsOf("2000 = 127.0.0.1:1:9, 127.0.0.1:2")).discard();
  assertEquals(state.backendCell(row, BackendCell.weight), 300);
  assertEquals(state.epoch, epoch);
  const [again] = apply("2000 = 127.0.0.1:1:3");
  assertEquals(again, row);
});

Deno.test("Planner.plan() uses a removed backend's row again once its sessions have ended", () => {
  const { state, apply } = rig();
  const [removed] = apply("2000 = 127.0.0.1:1");
  assert(removed !== undefined);
  state.addBackendCell(removed, BackendCell.active, 1);
  state.addBackendTally(0, removed, BackendTally.sessions, 5);
  const [second] = apply("2000 = 127.0.0.1:2");
  const [third] = apply("2000 = 127.0.0.1:3");
  assert(second !== removed && third !== removed);
  state.addBackendCell(removed, BackendCell.active, -1);
  apply("2000 = 127.0.0.1:3");
  assertEquals(state.backendTally(0, removed, BackendTally.sessions), 0);
  const rows = apply("2000 = 127.0.0.1:3, 127.0.0.1:4, 127.0.0.1:5");
  assert(rows.includes(removed), `${rows} has no ${removed}`);
});

Deno.test("Planner.plan() leaves a removed listener's rows alone while a client may come in", () => {
  const { state, enact } = rig();
  const [listener, backend] = enact("2000 = 127.0.0.1:1", "2001 = 127.0.0.1:1")[1] ?? [];
  assert(listener !== undefined && backend !== undefined);
  state.addListenerTally(0, listener, ListenerTally.sockets, 1);
  enact("2000 = 127.0.0.1:1");
  // There is no session; but a worker that has not closed its socket may still begin one.
  const meanwhile = enact("2000 = 127.0.0.1:1", "2002 = 127.0.0.1:1")[1] ?? [];
  assertEquals([meanwhile[0] === listener, meanwhile[1] === backend], [false, false]);
  state.addBackendTally(0, backend, BackendTally.sessions, 1);
  state.addListenerTally(0, listener, ListenerTally.sockets, -1);
  const later = enact("2000 = 127.0.0.1:1", "2002 = 127.0.0.1:1", "2003 = 127.0.0.1:1")[2] ?? [];
  assertEquals(later, [listener, backend]);
  assertEquals(state.backendTally(0, backend, BackendTally.sessions), 0);
});

Deno.test("Planner.plan() leaves the backends' rows to a listener whose last client waits", () => {
  const { state, enact } = rig();
  const [, [listener, ...backends] = []] = enact(
    "2000 = 127.0.0.1:1",
    "2001 = 127.0.0.1:1, 127.0.0.1:2",
  );
  assert(listener !== undefined && backends.length === 2);
  // It has no backend yet, and may get either of them.
  state.addListenerCell(listener, ListenerCell.active, 1);
  enact("2000 = 127.0.0.1:1");
  const others = enact("2000 = 127.0.0.1:1, 127.0.0.1:3, 127.0.0.1:4")[0] ?? [];
  assertEquals(others.filter((row) => backends.includes(row)), []);
  state.addListenerCell(listener, ListenerCell.active, -1);
  const more = enact("2000 = 127.0.0.1:1, 127.0.0.1:3, 127.0.0.1:4, 127.0.0.1:5")[0] ?? [];
  assertEquals(more.filter((row) => backends.includes(row)).length, 1);
});

Deno.test("Planner.plan() uses no row again that a worker may still go by", () => {
  const { planner, enact } = rig();
  const [[, , removed] = []] = enact("2000 = 127.0.0.1:1, 127.0.0.1:2");
  planner.plan(settingsOf("2000 = 127.0.0.1:1")).apply();
  // Not every worker has confirmed it yet.
  const next = planner.plan(settingsOf("2000 = 127.0.0.1:1, 127.0.0.1:3"));
  assertNotEquals(next.generation.pools[0]?.backendRows[1], removed);
  next.discard();
  planner.settle();
  const [later = []] = enact("2000 = 127.0.0.1:1, 127.0.0.1:4, 127.0.0.1:5");
  assert(removed !== undefined && later.includes(removed), `${later} has no ${removed}`);
});

Deno.test("Planner.plan() gives what comes back the same row, with its figures", () => {
  const { state, enact, leaving } = rig();
  const [, rows = []] = enact("2000 = 127.0.0.1:1", "2001 = 127.0.0.1:1, 127.0.0.1:2");
  const [listener = -1, backend = -1] = rows;
  state.addListenerCell(listener, ListenerCell.active, 1);
  state.addListenerTally(0, listener, ListenerTally.accepted, 7);
  state.addBackendTally(0, backend, BackendTally.sessions, 5);
  enact("2000 = 127.0.0.1:1");
  assertEquals(leaving(), ["listener 2001", "2001: 127.0.0.1:1, 127.0.0.1:2"]);
  const [, again] = enact("2000 = 127.0.0.1:1", "*:2001 = 127.0.0.1:1, 127.0.0.1:2");
  assertEquals(again, rows);
  assertEquals(leaving(), []);
  assertEquals(state.listenerTally(0, listener, ListenerTally.accepted), 7);
  assertEquals(state.backendTally(0, backend, BackendTally.sessions), 5);
});

Deno.test("Planner.leaving() has listeners and backends until their last session has ended", () => {
  const { state, enact, leaving } = rig();
  const [[, stays = -1, goes = -1] = [], [listener = -1] = []] = enact(
    "2000 = 127.0.0.1:1, 127.0.0.1:2",
    "2001 = 127.0.0.1:3",
  );
  for (const row of [stays, goes]) state.addBackendCell(row, BackendCell.active, 1);
  state.addListenerCell(listener, ListenerCell.active, 1);
  assertEquals(leaving(), []);
  enact("2000 = 127.0.0.1:1");
  assertEquals(leaving(), ["listener 2001", "2000: 127.0.0.1:2", "2001: 127.0.0.1:3"]);
  // Under another key it is still the same listener.
  enact("*:2000 = 127.0.0.1:1");
  assertEquals(leaving(), ["listener 2001", "*:2000: 127.0.0.1:2", "2001: 127.0.0.1:3"]);
  state.addBackendCell(goes, BackendCell.active, -1);
  assertEquals(leaving(), ["listener 2001", "2001: 127.0.0.1:3"]);
  state.addListenerCell(listener, ListenerCell.active, -1);
  assertEquals(leaving(), []);
});

/** Two listeners, the second with the pool of the first, and with backends as given. */
function sharedPool(backends: string): Settings {
  const settings = settingsOf(`2000 = ${backends}`, "2001 = 127.0.0.1:9");
  const { listeners: [first, second], pools: [pool] } = settings;
  assert(first !== undefined && second !== undefined && pool !== undefined);
  return { ...settings, listeners: [first, { ...second, pool: pool.name }], pools: [pool] };
}

Deno.test("Planner.plan() gives listeners that share a pool the same plan of it", () => {
  const { planner } = rig();
  const { generation } = planner.plan(sharedPool("127.0.0.1:1, 127.0.0.1:2"));
  const [first, second] = generation.listeners;
  assert(first !== undefined && second !== undefined);
  assert(first.pool === second.pool);
  assertEquals(generation.pools, [first.pool]);
  assertNotEquals(first.row, second.row);
});

Deno.test("Planner.leaving() keeps a removed pool while any listener of it may use its backends", () => {
  const { state, planner, enact, leaving } = rig();
  const plan = planner.plan(sharedPool("127.0.0.1:1"));
  plan.apply();
  planner.settle();
  const [first, second] = plan.generation.listeners;
  assert(first !== undefined && second !== undefined);
  for (const { row } of [first, second]) state.addListenerCell(row, ListenerCell.active, 1);
  enact("2002 = 127.0.0.1:1");
  assertEquals(leaving(), ["listener 2000", "listener 2001", "2000: 127.0.0.1:1"]);
  assertEquals(planner.leaving().listeners.map(({ pool }) => pool.row), [
    first.pool.row,
    first.pool.row,
  ]);
  state.addListenerCell(first.row, ListenerCell.active, -1);
  assertEquals(leaving(), ["listener 2001", "2000: 127.0.0.1:1"]);
  state.addListenerCell(second.row, ListenerCell.active, -1);
  assertEquals(leaving(), []);
});

Deno.test("Planner.leaving() keeps a pool until its last place is given back", () => {
  for (const cell of [PoolCell.active, PoolCell.queued]) {
    const { state, planner, enact, leaving } = rig();
    const plan = planner.plan(settingsOf("2000 = 127.0.0.1:1", "2001 = 127.0.0.1:1"));
    plan.apply();
    planner.settle();
    const row = plan.generation.pools[1]?.row ?? -1;
    state.pools.addToCell(row, cell, 1);
    enact("2000 = 127.0.0.1:1");
    assertEquals(leaving(), ["2001: 127.0.0.1:1"]);
    state.pools.addToCell(row, cell, -1);
    assertEquals(leaving(), []);
  }
});

Deno.test("Planner.leaving() has nothing that was only planned", () => {
  const { state, planner, enact, leaving } = rig();
  enact("2000 = 127.0.0.1:1");
  const plan = planner.plan(settingsOf("2000 = 127.0.0.1:1", "2001 = 127.0.0.1:1"));
  const listener = plan.generation.listeners[1]?.row ?? -1;
  // A worker has bound it, and does not know yet that the plan was discarded.
  state.addListenerTally(0, listener, ListenerTally.sockets, 1);
  plan.discard();
  assertEquals(leaving(), []);
  const [, [other] = []] = enact("2000 = 127.0.0.1:1", "2002 = 127.0.0.1:1");
  assertNotEquals(other, listener);
});

Deno.test("Planner.leaving() frees a row in which only a dead worker had sessions", () => {
  const { state, enact, leaving } = rig();
  const [, [listener = -1] = []] = enact("2000 = 127.0.0.1:1", "2001 = 127.0.0.1:1");
  state.addListenerTally(0, listener, ListenerTally.sockets, 1);
  state.addListenerTally(0, listener, ListenerTally.active, 1);
  state.addListenerCell(listener, ListenerCell.active, 1);
  enact("2000 = 127.0.0.1:1");
  assertEquals(leaving(), ["listener 2001", "2001: 127.0.0.1:1"]);
  state.releaseWorker(0);
  assertEquals(leaving(), []);
});

Deno.test("Planner.plan() says why it fails if all rows are taken", () => {
  const { state, planner, enact } = rig();
  const many = (host: string) =>
    Array.from({ length: MOST_BACKENDS }, (_, index) => `${host}:${index + 1}`).join(", ");
  const mappings = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((host) => `2000 = ${many(host)}`);
  const [first = "", second = "", third = ""] = mappings;
  const [[, ...rows] = []] = enact(first);
  for (const row of rows) state.addBackendCell(row, BackendCell.active, 1);
  enact(second);
  const error = assertThrows(() => planner.plan(settingsOf(third)), RangeError);
  assertEquals(
    error.message,
    "There is room for 16384 backends, and 8192 that were removed still have sessions: close " +
      "these, or try again when they have ended",
  );
  // It has changed nothing: what is in force stays, and there is room as soon as sessions end.
  assertEquals(planner.leaving().pools[0]?.backendRows.length, MOST_BACKENDS);
  for (const row of rows) state.addBackendCell(row, BackendCell.active, -1);
  assertEquals(enact(third)[0]?.length, 1 + MOST_BACKENDS);
});

Deno.test("Planner.wish() does not outlast the backend, even where its sessions do", () => {
  for (const active of [0, 1]) {
    const { state, planner, apply } = rig();
    const [, row] = apply("2000 = 127.0.0.1:1, 127.0.0.1:2:3");
    assert(row !== undefined);
    state.addBackendCell(row, BackendCell.active, active);
    planner.wishes.wish(row, { weight: 7, mode: "drain" });
    apply("2000 = 127.0.0.1:1");
    const [, again] = apply("2000 = 127.0.0.1:1, 127.0.0.1:2:3");
    assertEquals(again, row);
    assertEquals(planner.wishes.wishOf(row), { weight: 3, mode: "ready" });
    assertEquals(state.backendCell(row, BackendCell.weight), 300);
    assertEquals(state.backendCell(row, BackendCell.mode), MODE.ready);
    assertEquals(state.backendCell(row, BackendCell.active), active);
  }
});

Deno.test("Planner.wish() lasts until the file says something new about the backend", () => {
  const { state, planner, apply } = rig();
  const [row] = apply("2000 = 127.0.0.1:1:3");
  assert(row !== undefined);
  planner.wishes.wish(row, { weight: 7, mode: "drain" });
  assertEquals(planner.wishes.wishOf(row), { weight: 7, mode: "drain" });
  apply("2000 = 127.0.0.1:1:3, 127.0.0.1:2");
  assertEquals(state.backendCell(row, BackendCell.weight), 700);
  assertEquals(state.backendCell(row, BackendCell.mode), MODE.drain);
  apply("2000 = 127.0.0.1:1:4");
  assertEquals(planner.wishes.wishOf(row), { weight: 4, mode: "drain" });
});

Deno.test("Planner.plan() refuses more backends than a file may have, and goes on with those it has", () => {
  const { planner, apply } = rig();
  const rows = apply("2000 = 127.0.0.1:1");
  const settings = settingsOf("2000 = 127.0.0.1:1");
  const [pool] = settings.pools;
  const [backend] = pool?.backends ?? [];
  assert(pool !== undefined && backend !== undefined);
  // What a name with that many addresses is expanded to.
  const backends = Array.from(
    { length: MOST_BACKENDS + 1 },
    (_, index) => ({ ...backend, id: `127.0.0.1:${index + 1}` }),
  );
  const error = assertThrows(
    () => planner.plan({ ...settings, pools: [{ ...pool, backends }] }),
    RangeError,
  );
  assertEquals(
    error.message,
    "The names of backends resolve to 8193 backends in total, and there may be 8192: map fewer " +
      "names, or names with fewer addresses",
  );
  assertEquals(planner.leaving(), { listeners: [], pools: [] });
  assertEquals(apply("2000 = 127.0.0.1:1"), rows);
});
