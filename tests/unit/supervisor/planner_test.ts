import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { Settings } from "../../../lib/config/settings.ts";
import { MODE } from "../../../lib/state/codes.ts";
import { BackendCell, BackendTally } from "../../../lib/state/counters.ts";
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
  let nowMs = 0;
  const planner = new Planner(state, () => nowMs);
  return {
    state,
    planner,
    pause: (ms: number) => nowMs += ms,
    /** Plans and applies; gives the rows of the first listener's backends. */
    apply: (...mappings: string[]) => {
      const plan = planner.plan(settingsOf(...mappings));
      plan.apply();
      return plan.generation.listeners[0]?.rows.backends ?? [];
    },
  };
}

Deno.test("Planner.plan() gives every backend of every listener a row of its own", () => {
  const { planner } = rig();
  const plan = planner.plan(settingsOf(
    "2000 = 127.0.0.1:1, 127.0.0.1:2",
    "2001 = 127.0.0.1:1",
  ));
  const rows = plan.generation.listeners.flatMap(({ rows }) => rows.backends);
  assertEquals(new Set(rows).size, 3);
});

Deno.test("Planner.plan() keeps the row of a backend that stays, and of a listener written anew", () => {
  const { planner } = rig();
  const first = planner.plan(settingsOf("2000 = 127.0.0.1:1, 127.0.0.1:2"));
  first.apply();
  const second = planner.plan(settingsOf("*:2000 = 127.0.0.1:3, 127.0.0.1:2"));
  second.apply();
  const [before] = first.generation.listeners;
  const [after] = second.generation.listeners;
  assertEquals(after?.rows.listener, before?.rows.listener);
  assertEquals(after?.rows.backends[1], before?.rows.backends[1]);
  assertNotEquals(after?.rows.backends[0], before?.rows.backends[0]);
  assertEquals(second.generation.number, first.generation.number + 1);
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
  const { state, apply, pause } = rig();
  const [removed] = apply("2000 = 127.0.0.1:1");
  assert(removed !== undefined);
  state.addBackendCell(removed, BackendCell.active, 1);
  state.addBackendTally(0, removed, BackendTally.sessions, 5);
  const [second] = apply("2000 = 127.0.0.1:2");
  pause(60_000);
  const [third] = apply("2000 = 127.0.0.1:3");
  assert(second !== removed && third !== removed);
  state.addBackendCell(removed, BackendCell.active, -1);
  apply("2000 = 127.0.0.1:3");
  assertEquals(state.backendTally(0, removed, BackendTally.sessions), 0);
  const rows = apply("2000 = 127.0.0.1:3, 127.0.0.1:4, 127.0.0.1:5");
  assert(rows.includes(removed), `${rows} has no ${removed}`);
});

Deno.test("Planner.plan() leaves a removed listener's rows alone while its queue may be emptied", () => {
  const { state, planner, pause } = rig();
  const rowsOf = (...mappings: string[]): number[][] => {
    const plan = planner.plan(settingsOf(...mappings));
    plan.apply();
    return plan.generation.listeners.map(({ rows }) => [rows.listener, ...rows.backends]);
  };
  const [listener, backend] = rowsOf("2000 = 127.0.0.1:1", "2001 = 127.0.0.1:1")[1] ?? [];
  assert(listener !== undefined && backend !== undefined);
  rowsOf("2000 = 127.0.0.1:1");
  // A worker that has not closed the listener yet takes a client in, after a look at the counts.
  const meanwhile = rowsOf("2000 = 127.0.0.1:1", "2002 = 127.0.0.1:1")[1] ?? [];
  assertEquals([meanwhile[0] === listener, meanwhile[1] === backend], [false, false]);
  state.addBackendTally(0, backend, BackendTally.sessions, 1);
  pause(60_000);
  const later = rowsOf("2000 = 127.0.0.1:1", "2002 = 127.0.0.1:1", "2003 = 127.0.0.1:1")[2] ?? [];
  assertEquals(later, [listener, backend]);
  assertEquals(state.backendTally(0, backend, BackendTally.sessions), 0);
});

Deno.test("Planner.wish() does not outlast the backend, even where its sessions do", () => {
  for (const active of [0, 1]) {
    const { state, planner, apply } = rig();
    const [, row] = apply("2000 = 127.0.0.1:1, 127.0.0.1:2:3");
    assert(row !== undefined);
    state.addBackendCell(row, BackendCell.active, active);
    planner.wish(row, { weight: 7, mode: "drain" });
    apply("2000 = 127.0.0.1:1");
    const [, again] = apply("2000 = 127.0.0.1:1, 127.0.0.1:2:3");
    assertEquals(again, row);
    assertEquals(planner.wishOf(row), { weight: 3, mode: "ready" });
    assertEquals(state.backendCell(row, BackendCell.weight), 300);
    assertEquals(state.backendCell(row, BackendCell.mode), MODE.ready);
    assertEquals(state.backendCell(row, BackendCell.active), active);
  }
});

Deno.test("Planner.wish() lasts until the file says something new about the backend", () => {
  const { state, planner, apply } = rig();
  const [row] = apply("2000 = 127.0.0.1:1:3");
  assert(row !== undefined);
  planner.wish(row, { weight: 7, mode: "drain" });
  assertEquals(planner.wishOf(row), { weight: 7, mode: "drain" });
  apply("2000 = 127.0.0.1:1:3, 127.0.0.1:2");
  assertEquals(state.backendCell(row, BackendCell.weight), 700);
  assertEquals(state.backendCell(row, BackendCell.mode), MODE.drain);
  apply("2000 = 127.0.0.1:1:4");
  assertEquals(planner.wishOf(row), { weight: 4, mode: "drain" });
});
