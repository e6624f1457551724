import { assertEquals } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { ListenerSettings } from "../../../lib/config/settings.ts";
import { EngineTable } from "../../../lib/supervisor/engine_table.ts";

const EVERYTHING = {};
const NOTHING = { nativeObstacle: "Deno was started without --allow-ffi" };

function listeners(...lines: readonly string[]): readonly ListenerSettings[] {
  const text = ["[mappings]", ...lines].join("\n");
  const { settings, diagnostics } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  if (settings === undefined) throw new Error(JSON.stringify(diagnostics));
  return settings.listeners;
}

/** The same listener, with backends that have to be resolved for every connection. */
function unresolved(listener: ListenerSettings): ListenerSettings {
  const backends = listener.backends.map((backend) => ({ ...backend, candidates: [] }));
  return { ...listener, backends };
}

const TWO = listeners(
  "24003 = 127.0.0.1:8080",
  "24004 = 127.0.0.1:8080",
  "[options 24004]",
  "engine = streams",
);
const [FIRST, SECOND] = TWO as [ListenerSettings, ListenerSettings];

Deno.test("EngineTable shares a generation out among the engines", () => {
  const { table, problems } = EngineTable.choose(TWO, EVERYTHING);
  assertEquals(problems, []);
  assertEquals(table.kinds, new Set(["native", "streams"] as const));
  const rows = { listener: 0, backends: [0] };
  const generation = { number: 3, listeners: TWO.map((settings) => ({ settings, rows })) };
  for (const [engine, settings] of [["native", FIRST], ["streams", SECOND]] as const) {
    assertEquals(table.share(generation, engine), { number: 3, listeners: [{ settings, rows }] });
  }
});

Deno.test("EngineTable keeps the engine of a listener whose address stays", () => {
  const before = EngineTable.choose(TWO, NOTHING).table;
  assertEquals(before.of(FIRST).engine, "streams");
  const { table } = EngineTable.choose(TWO, EVERYTHING, before);
  assertEquals([table.of(FIRST).engine, table.of(SECOND).engine], ["streams", "streams"]);
});

Deno.test("EngineTable chooses for a listener that a reload brings", () => {
  const before = EngineTable.choose([SECOND], EVERYTHING).table;
  const { table } = EngineTable.choose(TWO, EVERYTHING, before);
  assertEquals(table.of(FIRST).engine, "native");
});

Deno.test("EngineTable refuses what the engine of a listener that stays does not know", () => {
  const before = EngineTable.choose([FIRST], EVERYTHING).table;
  const { problems } = EngineTable.choose([unresolved(FIRST)], EVERYTHING, before);
  assertEquals(problems, [{
    listener: "",
    message: 'Listener 24003 has engine "native", which only a restart can change: backend ' +
      "127.0.0.1:8080 is resolved again for every connection",
  }]);
});

Deno.test("EngineTable names every listener whose engine cannot be had", () => {
  const both = TWO.map((listener) => ({ ...listener, engine: "native" as const }));
  const { problems } = EngineTable.choose(both, NOTHING);
  assertEquals(problems.map(({ message }) => /Listener \d+/.exec(message)?.[0]), [
    "Listener 24003",
    "Listener 24004",
  ]);
});
