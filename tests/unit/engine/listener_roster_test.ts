import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import { FailureLog } from "../../../lib/engine/failure_log.ts";
import type { Generation, ListenerPlan } from "../../../lib/engine/generation.ts";
import { type EngineListener, ListenerRoster } from "../../../lib/engine/listener_roster.ts";
import type { ListenerShare } from "../../../lib/engine/listener_share.ts";
import { ListenerShares } from "../../../lib/engine/listener_shares.ts";
import { ListenerTally } from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

/**
 * A roster whose listeners record the calls; port 2999 cannot be bound. A retirement ends when the
 * test says so.
 */
function rig() {
  const asked: string[] = [];
  const retirements = new Map<string, PromiseWithResolvers<boolean>>();
  const state = SharedState.create(1);
  const logs = { failures: new FailureLog(), accessLog: undefined };
  const bind = (plan: ListenerPlan, share: ListenerShare): EngineListener => {
    const { key } = plan.settings;
    if (key === "2999") throw new Error("in use");
    asked.push(`bind ${key}`);
    return {
      share,
      serve: () => asked.push(`serve ${key}`),
      update: ({ settings }) => asked.push(`update ${key} to ${settings.key}`),
      retire: () => {
        asked.push(`retire ${key}`);
        const retirement = Promise.withResolvers<boolean>();
        retirements.set(key, retirement);
        return retirement.promise;
      },
      revive: () => {
        const retirement = retirements.get(key);
        retirement?.resolve(false);
        asked.push(`revive ${key}`);
        return retirement !== undefined;
      },
      close: () => asked.push(`close ${key}`),
    };
  };
  const roster = new ListenerRoster(new ListenerShares({ state, slot: 0, logs }), bind);
  return {
    roster,
    asked: () => asked.splice(0),
    /** Prepares and commits; returns what was asked. */
    take: (...keys: string[]) => {
      roster.prepare(generationOf(...keys));
      roster.commit();
      return asked.splice(0);
    },
    /** Ends a retirement, and lets the roster notice. */
    retired: async (key: string) => {
      retirements.get(key)?.resolve(true);
      retirements.delete(key);
      await Promise.resolve();
      await Promise.resolve();
    },
    /** Counted sockets, in the order of the keys' numbers. */
    sockets: (...rows: number[]) =>
      rows.map((row) => state.listenerTally(0, row, ListenerTally.sockets)),
  };
}

function generationOf(...keys: string[]): Generation {
  const text = `[mappings]\n${keys.map((key) => `${key} = 127.0.0.1:1\n`).join("")}`;
  const { settings } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  assert(settings !== undefined);
  return {
    number: 1,
    listeners: settings.listeners.map((settings) => {
      const row = settings.address.port % 1000;
      return { settings, rows: { listener: row, backends: [row] } };
    }),
  };
}

Deno.test("ListenerRoster.commit() serves what was bound before, and only then", () => {
  const { roster, asked } = rig();
  assertEquals(roster.prepare(generationOf("2000", "2001")), []);
  assertEquals(asked(), ["bind 2000", "bind 2001"]);
  roster.commit();
  assertEquals(asked(), [
    ...["update 2000 to 2000", "serve 2000"],
    ...["update 2001 to 2001", "serve 2001"],
  ]);
});

Deno.test("ListenerRoster.commit() never closes a listener whose address stays", () => {
  const { take } = rig();
  take("2000", "2001");
  assertEquals(take("*:2000", "2002"), [
    ...["bind 2002", "update 2000 to *:2000"],
    ...["update 2002 to 2002", "serve 2002", "retire 2001"],
  ]);
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

Deno.test("ListenerRoster.prepare() revives a listener that comes back while it retires", async () => {
  const { roster, take, asked, sockets, retired } = rig();
  take("2000", "2001");
  assertEquals(take("2000"), ["update 2000 to 2000", "retire 2001"]);
  roster.prepare(generationOf("2000", "2001"));
  assertEquals(asked(), ["revive 2001"]);
  roster.commit();
  assertEquals(asked(), ["update 2000 to 2000", "update 2001 to 2001"]);
  assertEquals(sockets(0, 1), [1, 1]);
  assertEquals(take("2000"), ["update 2000 to 2000", "retire 2001"]);
  await retired("2001");
  assertEquals(sockets(0, 1), [1, 0]);
});

Deno.test("ListenerRoster.abort() lets a listener retire that it had revived", async () => {
  const { roster, take, asked, sockets, retired } = rig();
  take("2000", "2001");
  take("2000");
  roster.prepare(generationOf("2000", "2001"));
  asked();
  roster.abort();
  assertEquals(asked(), ["retire 2001"]);
  assertEquals(sockets(1), [1]);
  await retired("2001");
  assertEquals(sockets(1), [0]);
});

Deno.test("ListenerRoster.prepare() binds again if a retirement cannot be cancelled", async () => {
  const { roster, take, asked, sockets, retired } = rig();
  take("2000", "2001");
  take("2000");
  await retired("2001");
  roster.prepare(generationOf("2000", "2001"));
  assertEquals(asked(), ["bind 2001"]);
  assertEquals(sockets(1), [1]);
});

Deno.test("ListenerRoster.retireAll() retires those too that a reload is about to take back", () => {
  const { roster, take, asked } = rig();
  take("2000", "2001");
  take("2000");
  roster.prepare(generationOf("2000", "2001"));
  asked();
  void roster.retireAll();
  assertEquals(asked(), ["retire 2000", "retire 2001"]);
});

Deno.test("ListenerRoster keeps the sockets in its books that could not be bound, or are closed", () => {
  const { roster, sockets } = rig();
  roster.prepare(generationOf("2000", "2999"));
  assertEquals(sockets(0, 999), [1, 0]);
  roster.abort();
  assertEquals(sockets(0, 999), [0, 0]);
});
