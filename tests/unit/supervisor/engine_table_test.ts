import { assertEquals } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { ListenerSettings, PoolSettings, Settings } from "../../../lib/config/settings.ts";
import type { ListenerPlan } from "../../../lib/engine/generation.ts";
import type { PoolPlan } from "../../../lib/state/pool_plan.ts";
import { EngineTable } from "../../../lib/supervisor/engine_table.ts";

const EVERYTHING = {};
const NOTHING = { nativeObstacle: "Deno was started without --allow-ffi" };

function settingsOf(...lines: readonly string[]): Settings {
  const text = ["[mappings]", ...lines].join("\n");
  const { settings, diagnostics } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  if (settings === undefined) throw new Error(JSON.stringify(diagnostics));
  return settings;
}

/** The same pool, with backends that have to be resolved for every connection. */
function unresolved(pool: PoolSettings): PoolSettings {
  const backends = pool.backends.map((backend) => ({ ...backend, candidates: [] }));
  return { ...pool, backends };
}

const TWO = settingsOf(
  "24003 = 127.0.0.1:8080",
  "24004 = 127.0.0.1:8080",
  "[options 24004]",
  "engine = streams",
);
const [FIRST, SECOND] = TWO.listeners as [ListenerSettings, ListenerSettings];
const [FIRST_POOL, SECOND_POOL] = TWO.pools as [PoolSettings, PoolSettings];

/** The settings with one of the listeners only, and its pool. */
function only(listener: ListenerSettings, pool: PoolSettings): Settings {
  return { ...TWO, listeners: [listener], pools: [pool] };
}

function planFor(settings: ListenerSettings, row: number, pool: PoolPlan): ListenerPlan {
  return { settings, row, pool };
}

Deno.test("EngineTable shares a generation out among the engines", () => {
  const { table, problems } = EngineTable.choose(TWO, EVERYTHING);
  assertEquals(problems, []);
  assertEquals(table.kinds, new Set(["native", "streams"] as const));
  const first = planFor(FIRST, 0, { settings: FIRST_POOL, row: 0, backendRows: [0] });
  const second = planFor(SECOND, 1, { settings: SECOND_POOL, row: 1, backendRows: [1] });
  const generation = { number: 3, listeners: [first, second], pools: [first.pool, second.pool] };
  for (const [engine, plan] of [["native", first], ["streams", second]] as const) {
    // Sessions from before a change may wait for backends of any pool.
    const expected = { number: 3, listeners: [plan], pools: [first.pool, second.pool] };
    assertEquals(table.share(generation, engine), expected);
  }
});

Deno.test("EngineTable shares a pool out to every engine that serves a listener of it", () => {
  const both = { ...TWO, listeners: [FIRST, { ...SECOND, pool: FIRST.pool }], pools: [FIRST_POOL] };
  const { table, problems } = EngineTable.choose(both, EVERYTHING);
  assertEquals(problems, []);
  const pool = { settings: FIRST_POOL, row: 0, backendRows: [0] };
  const [first, second] = [planFor(FIRST, 0, pool), planFor(SECOND, 1, pool)];
  for (const [engine, plan] of [["native", first], ["streams", second]] as const) {
    const generation = { number: 3, listeners: [first, second], pools: [pool] };
    const expected = { number: 3, listeners: [plan], pools: [pool] };
    assertEquals(table.share(generation, engine), expected);
  }
});

Deno.test("EngineTable.moves() tells which listeners another engine has served so far", () => {
  const before = EngineTable.choose(only(FIRST, FIRST_POOL), EVERYTHING).table;
  const changed = { ...FIRST, engine: "streams" as const };
  const { table } = EngineTable.choose({ ...TWO, listeners: [changed, SECOND] }, EVERYTHING);
  assertEquals([table.moves(changed, before), table.moves(SECOND, before)], [true, false]);
  assertEquals(before.moves(FIRST, before), false);
});

Deno.test("EngineTable moves a listener that its engine can no longer serve, unless it is fixed", () => {
  const before = EngineTable.choose(only(FIRST, FIRST_POOL), EVERYTHING).table;
  const pool = unresolved(FIRST_POOL);
  const { table, problems } = EngineTable.choose(only(FIRST, pool), EVERYTHING);
  assertEquals([table.moves(FIRST, before), problems], [true, []]);
  const fixed = { ...FIRST, engine: "native" as const };
  assertEquals(EngineTable.choose(only(fixed, pool), EVERYTHING).problems, [{
    listener: "",
    message: 'Listener 24003 cannot have engine "native": backend 127.0.0.1:8080 is resolved ' +
      'again for every connection; "auto" picks an engine that can run',
  }]);
});

Deno.test("EngineTable names every listener whose engine cannot be had", () => {
  const listeners = TWO.listeners.map((each) => ({ ...each, engine: "native" as const }));
  const { problems } = EngineTable.choose({ ...TWO, listeners }, NOTHING);
  assertEquals(problems.map(({ message }) => /Listener \d+/.exec(message)?.[0]), [
    "Listener 24003",
    "Listener 24004",
  ]);
});
