import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import type { Address } from "../../../lib/base/address.ts";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import { poolOf } from "../../../lib/config/pool_of.ts";
import { FailureLog } from "../../../lib/engine/failure_log.ts";
import type { Generation, ListenerPlan } from "../../../lib/engine/generation.ts";
import { type EngineListener, ListenerRoster } from "../../../lib/engine/listener_roster.ts";
import type { ListenerShare } from "../../../lib/engine/listener_share.ts";
import { ListenerShares } from "../../../lib/engine/listener_shares.ts";
import { ListenerTally } from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

/**
 * A roster whose listeners record the calls, each named by its port and calling the settings by
 * their key; port 2999 cannot be bound. A retirement ends when the test says so.
 */
function rig() {
  const asked: string[] = [];
  const retirements = new Map<string, PromiseWithResolvers<boolean>>();
  const state = SharedState.create(1);
  const logs = { failures: new FailureLog(), accessLog: undefined };
  const shares = new ListenerShares({ state, slot: 0, logs }, () => {});
  const bind = (_plan: ListenerPlan, address: Address, first: ListenerShare): EngineListener => {
    const key = `${address.port}`;
    if (key === "2999") throw new Error("in use");
    asked.push(`bind ${key}`);
    let share = first;
    return {
      get share() {
        return share;
      },
      serve: () => asked.push(`serve ${key}`),
      update: ({ settings }, next) => {
        share = next;
        asked.push(`update ${key} to ${settings.key}`);
      },
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
  const roster = new ListenerRoster(shares, bind);
  function adopt(generation: Generation): string[] {
    assertEquals(roster.prepare(generation), []);
    roster.commit();
    return asked.splice(0);
  }
  return {
    roster,
    shares,
    state,
    asked: () => asked.splice(0),
    /** Prepares and commits; returns what was asked. */
    adopt,
    /** The same for listeners with these keys, each with a pool of its own. */
    take: (...keys: string[]) => adopt(generationOf(...keys)),
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
  const listeners = settings.listeners.map((listener): ListenerPlan => {
    const row = (listener.addresses[0]?.port ?? 0) % 1000;
    const pool = { settings: poolOf(settings, listener), row, backendRows: [row] };
    return { settings: listener, row, pool };
  });
  return { number: 1, listeners, pools: listeners.map(({ pool }) => pool) };
}

/**
 * Listeners with these names and ports, which have one pool in common. The row of each is that of
 * the letter in the alphabet.
 */
function sharing(ports: Readonly<Record<string, readonly number[]>>): Generation {
  const { number, listeners: [model] } = generationOf("2000");
  assert(model !== undefined);
  const listeners = Object.entries(ports).map(([key, ports]): ListenerPlan => {
    const addresses = ports.map((port) => ({ hostname: "0.0.0.0", port }));
    const row = key.charCodeAt(0) - "a".charCodeAt(0);
    return { settings: { ...model.settings, key, id: key, addresses }, row, pool: model.pool };
  });
  return { number, listeners, pools: [model.pool] };
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

Deno.test("ListenerRoster binds every address of a listener, to one share", () => {
  const { adopt, sockets } = rig();
  assertEquals(adopt(sharing({ a: [2000, 2001] })), [
    ...["bind 2000", "bind 2001"],
    ...["update 2000 to a", "serve 2000", "update 2001 to a", "serve 2001"],
  ]);
  assertEquals(sockets(0), [2]);
});

Deno.test("ListenerRoster retires one address of a listener, and binds another", async () => {
  const { adopt, sockets, retired } = rig();
  adopt(sharing({ a: [2000, 2001] }));
  assertEquals(adopt(sharing({ a: [2001, 2002] })), [
    ...["bind 2002", "update 2001 to a", "update 2002 to a", "serve 2002", "retire 2000"],
  ]);
  assertEquals(sockets(0), [3]);
  await retired("2000");
  assertEquals(sockets(0), [2]);
});

Deno.test("ListenerRoster.prepare() says which of several addresses cannot be bound", () => {
  const { roster, asked, sockets } = rig();
  const problems = roster.prepare(sharing({ a: [2000, 2999] }));
  assertEquals(problems, [{ listener: "a", message: "in use (0.0.0.0:2999)" }]);
  roster.abort();
  assertEquals(asked(), ["bind 2000", "close 2000"]);
  assertEquals(sockets(0), [0]);
});

Deno.test("ListenerRoster.commit() keeps the socket of an address that another listener takes over", async () => {
  const { adopt, shares, sockets, retired } = rig();
  const before = sharing({ a: [2000, 2001], b: [2002] });
  adopt(before);
  assertEquals(sockets(0, 1), [2, 1]);
  const [a, b] = before.listeners.map((plan) => shares.of(plan));
  const after = sharing({ a: [2000], b: [2001, 2002] });
  assertEquals(adopt(after), ["update 2000 to a", "update 2001 to b", "update 2002 to b"]);
  assertEquals(sockets(0, 1), [1, 2]);
  assertEquals(after.listeners.map((plan) => shares.of(plan) === (plan.row === 0 ? a : b)), [
    ...[true, true],
  ]);
  // The socket is the new listener's in every respect.
  assertEquals(adopt(sharing({ a: [2000], b: [2002] })).at(-1), "retire 2001");
  await retired("2001");
  assertEquals(sockets(0, 1), [1, 1]);
});

Deno.test("ListenerRoster.commit() lets two listeners exchange their addresses", () => {
  const { adopt, sockets } = rig();
  adopt(sharing({ a: [2000], b: [2001] }));
  assertEquals(adopt(sharing({ a: [2001], b: [2000] })), ["update 2001 to a", "update 2000 to b"]);
  assertEquals(sockets(0, 1), [1, 1]);
});

Deno.test("ListenerRoster.commit() gives the socket of a removed listener to a new one", () => {
  const { roster, adopt, shares, sockets } = rig();
  adopt(sharing({ a: [2000] }));
  const after = sharing({ c: [2000] });
  roster.prepare(after);
  // Nothing changes hands before the commit, which may never come.
  assertEquals(sockets(0, 2), [1, 0]);
  roster.abort();
  assertEquals(sockets(0, 2), [1, 0]);
  assertEquals(adopt(after), ["update 2000 to c"]);
  assertEquals(sockets(0, 2), [0, 1]);
  const [plan] = after.listeners;
  assert(plan !== undefined);
  assertEquals([shares.of(plan).settings.key, shares.of(plan).isInUse], ["c", true]);
});

Deno.test("ListenerRoster revives a socket that retires for a listener other than its own", async () => {
  const { adopt, sockets, retired } = rig();
  adopt(sharing({ a: [2000], b: [2001] }));
  adopt(sharing({ a: [2000] }));
  assertEquals(adopt(sharing({ a: [2000, 2001] })), [
    ...["revive 2001", "update 2000 to a", "update 2001 to a"],
  ]);
  assertEquals(sockets(0, 1), [2, 0]);
  await retired("2001");
  assertEquals(sockets(0, 1), [2, 0]);
});

Deno.test("ListenerRoster.commit() moves a listener to another pool", () => {
  const { roster, shares, take } = rig();
  take("2000", "2001");
  const generation = generationOf("2000", "2001");
  const [first, second] = generation.listeners;
  assert(first !== undefined && second !== undefined);
  const moved = { ...first, pool: second.pool };
  roster.prepare({ ...generation, listeners: [moved, second], pools: [second.pool] });
  assertStrictEquals(shares.of(moved).pool, shares.poolOf(first.pool), "before the commit");
  roster.commit();
  assertStrictEquals(shares.of(moved).pool, shares.poolOf(second.pool));
});

Deno.test("ListenerRoster.commit() applies new settings of the pools, and prepare() does not", () => {
  const { roster, shares, take } = rig();
  take("2000");
  const generation = generationOf("2000");
  const pools = generation.pools.map((pool) => {
    return { ...pool, settings: { ...pool.settings, retries: 7 } };
  });
  const listeners = generation.listeners.map((plan) => ({ ...plan, pool: pools[0] ?? plan.pool }));
  const retries = () => listeners.map((plan) => shares.of(plan).pool.settings.retries);
  const before = retries();
  roster.prepare({ ...generation, listeners, pools });
  assertEquals(retries(), before);
  roster.commit();
  assertEquals(retries(), [7]);
});

Deno.test("ListenerRoster.retireAll() waits for those that retire already, and binds no other", async () => {
  const { roster, take, asked, sockets, retired } = rig();
  take("2000", "2001");
  take("2000");
  let isDone = false;
  const done = roster.retireAll().then(() => isDone = true);
  assertEquals(asked(), ["retire 2000"]);
  await retired("2000");
  assertEquals([isDone, sockets(0, 1)], [false, [0, 1]]);
  await retired("2001");
  await done;
  assertEquals(sockets(0, 1), [0, 0]);
  assertEquals(take("2000", "2002"), []);
});

Deno.test("ListenerRoster.retireAll() closes what a reload has bound, when it is to serve it", () => {
  const { roster, take, asked, sockets } = rig();
  take("2000");
  roster.prepare(generationOf("2000", "2001"));
  void roster.retireAll();
  roster.commit();
  assertEquals(asked(), ["bind 2001", "retire 2000", "close 2001"]);
  assertEquals(sockets(1), [0]);
});

Deno.test("ListenerRoster.commit() keeps up what others serve while it has clients of it", async () => {
  const { roster, shares, take, asked, retired } = rig();
  take("2000", "2001");
  const share = shares.of(generationOf("2000").listeners[0] as ListenerPlan);
  const moved = (...keys: string[]) => {
    const { listeners, pools } = generationOf("2001");
    const { listeners: finishing, pools: others } = generationOf(...keys);
    roster.prepare({ number: 2, listeners, pools: [...pools, ...others], finishing });
    roster.commit();
    return asked();
  };
  assertEquals(moved("2000"), ["update 2001 to 2001", "retire 2000", "update 2000 to 2000"]);
  assertEquals(moved("*:2000"), ["update 2001 to 2001", "update 2000 to *:2000"]);
  assertEquals(share.settings.key, "*:2000");
  await retired("2000");
  // Nothing is left of it here.
  assertEquals(moved("2000"), ["update 2001 to 2001"]);
  assertEquals(share.settings.key, "*:2000");
});
