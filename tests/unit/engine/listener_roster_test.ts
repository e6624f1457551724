import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { Generation, ListenerPlan } from "../../../lib/engine/generation.ts";
import { type EngineListener, ListenerRoster } from "../../../lib/engine/listener_roster.ts";

/** A roster whose listeners write down what is asked of them; port 2999 cannot be bound. */
function rig() {
  const asked: string[] = [];
  const roster = new ListenerRoster((plan: ListenerPlan): EngineListener => {
    const { key } = plan.settings;
    if (key === "2999") throw new Error("in use");
    asked.push(`bind ${key}`);
    return {
      serve: () => asked.push(`serve ${key}`),
      update: ({ settings }) => asked.push(`update ${key} to ${settings.key}`),
      retire: () => {
        asked.push(`retire ${key}`);
        return Promise.resolve();
      },
      close: () => asked.push(`close ${key}`),
    };
  });
  return { roster, asked: () => asked.splice(0) };
}

function generationOf(...keys: string[]): Generation {
  const text = `[mappings]\n${keys.map((key) => `${key} = 127.0.0.1:1\n`).join("")}`;
  const { settings } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  assert(settings !== undefined);
  const rows = { listener: 0, backends: [0] };
  return {
    number: 1,
    listeners: settings.listeners.map((settings) => ({ settings, rows })),
  };
}

Deno.test("ListenerRoster.commit() serves what was bound before, and only then", () => {
  const { roster, asked } = rig();
  assertEquals(roster.prepare(generationOf("2000", "2001")), []);
  assertEquals(asked(), ["bind 2000", "bind 2001"]);
  roster.commit();
  assertEquals(asked(), ["serve 2000", "serve 2001"]);
});

Deno.test("ListenerRoster.commit() never closes a listener whose address stays", () => {
  const { roster, asked } = rig();
  roster.prepare(generationOf("2000", "2001"));
  roster.commit();
  asked();
  roster.prepare(generationOf("*:2000", "2002"));
  roster.commit();
  assertEquals(asked(), ["bind 2002", "update 2000 to *:2000", "serve 2002", "retire 2001"]);
});

Deno.test("ListenerRoster.prepare() names what cannot be bound, and abort() closes the rest", () => {
  const { roster, asked } = rig();
  roster.prepare(generationOf("2000"));
  roster.commit();
  asked();
  const problems = roster.prepare(generationOf("2000", "2001", "2999"));
  assertEquals(problems, [{ listener: "2999", message: "in use" }]);
  roster.abort();
  assertEquals(asked(), ["bind 2001", "close 2001"]);
  assertThrows(() => roster.commit(), Error, "There is no prepared generation to commit");
});

Deno.test("ListenerRoster.closeAll() closes what serves and what is only bound", () => {
  const { roster, asked } = rig();
  roster.prepare(generationOf("2000"));
  roster.commit();
  roster.prepare(generationOf("2000", "2001"));
  asked();
  roster.closeAll();
  assertEquals(asked().sort(), ["close 2000", "close 2001"]);
});
