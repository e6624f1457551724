import { assertEquals, assertThrows } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { ListenerSettings, PoolSettings } from "../../../lib/config/settings.ts";
import {
  chooseEngine,
  type EngineAbilities,
  type EngineChoice,
} from "../../../lib/engine/choose_engine.ts";
import { nativeObstacle } from "../../support/native_test.ts";

const EVERYTHING = {};
const NOTHING = { nativeObstacle: "Deno was started without --allow-ffi" };

/** A listener and its pool. */
interface Served {
  readonly listener: ListenerSettings;
  readonly pool: PoolSettings;
}

function served(options: readonly string[], mapping: string): Served {
  const text = ["[options]", ...options, "[mappings]", mapping].join("\n");
  const { settings, diagnostics } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  const [listener] = settings?.listeners ?? [];
  const [pool] = settings?.pools ?? [];
  if (listener === undefined || pool === undefined) throw new Error(JSON.stringify(diagnostics));
  return { listener, pool };
}

/** The same with other addresses of the backends. */
function dialling({ listener, pool }: Served, candidates: readonly string[]): Served {
  const backends = pool.backends.map((backend) => ({ ...backend, candidates }));
  return { listener, pool: { ...pool, backends } };
}

function choose({ listener, pool }: Served, abilities: EngineAbilities): EngineChoice {
  return chooseEngine(listener, pool, abilities);
}

const PLAIN = "127.0.0.1:24003 = 127.0.0.1:8080, [::1]:8081";

Deno.test('chooseEngine() takes native for "auto" where it can run', () => {
  assertEquals(choose(served([], PLAIN), EVERYTHING), {
    engine: "native",
    reason: "the fastest that can run here",
  });
});

Deno.test('chooseEngine() takes streams for "auto" where native cannot run, and says why', () => {
  assertEquals(choose(served([], PLAIN), NOTHING), {
    engine: "streams",
    reason: "native cannot run: Deno was started without --allow-ffi",
  });
});

Deno.test('chooseEngine() takes streams for "auto" where a name is resolved for every session', () => {
  const named = served(["pre_resolve_workers = 0"], "24003 = backend.example:8080");
  assertEquals(choose(named, EVERYTHING), {
    engine: "streams",
    reason:
      "native cannot run: backend backend.example:8080 is resolved again for every connection",
  });
});

Deno.test("chooseEngine() takes native for a name that was resolved", () => {
  const named = served([], "24003 = backend.example:8080");
  assertEquals(choose(dialling(named, ["192.0.2.1"]), EVERYTHING).engine, "native");
});

Deno.test("chooseEngine() takes streams where an address has a zone", () => {
  const { listener, pool } = served([], PLAIN);
  assertEquals(
    choose(dialling({ listener, pool }, ["fe80::1%eth0"]), EVERYTHING).reason,
    "native cannot run: backend 127.0.0.1:8080 has an address with a zone",
  );
  // One address of several is enough.
  const addresses = [...listener.addresses, { hostname: "fe80::1%eth0", port: 24003 }];
  assertEquals(
    choose({ listener: { ...listener, addresses }, pool }, EVERYTHING).reason,
    "native cannot run: the address [fe80::1%eth0]:24003 is not a plain IP address",
  );
});

Deno.test("chooseEngine() takes what the settings ask for", () => {
  for (const engine of ["streams", "native"] as const) {
    assertEquals(choose(served([`engine = ${engine}`], PLAIN), EVERYTHING), {
      engine,
      reason: "as configured",
    });
  }
  assertEquals(choose(served(["engine = streams"], PLAIN), NOTHING).engine, "streams");
});

Deno.test("chooseEngine() throws where native is asked for and cannot be", () => {
  assertThrows(
    () => choose(served(["engine = native"], PLAIN), NOTHING),
    Error,
    'Listener 127.0.0.1:24003 cannot have engine "native": Deno was started without --allow-ffi; ' +
      '"auto" picks an engine that can run',
  );
});

Deno.test("chooseEngine() takes no engine that cannot use source_address", () => {
  const { listener, pool } = served(["source_address = 127.0.0.1, ::1"], PLAIN);
  assertEquals(choose({ listener, pool }, EVERYTHING).engine, "native");
  const onStreams = { listener: { ...listener, engine: "streams" }, pool } as const;
  const message = "its pool has source_address, and Deno lets no program choose";
  assertThrows(() => choose(onStreams, EVERYTHING), Error, message);
  assertThrows(
    () => choose({ listener, pool }, NOTHING),
    Error,
    "native cannot run: Deno was started without --allow-ffi; nor can streams: " + message,
  );
});

Deno.test("findAbilities() says why native cannot run, or nothing", () => {
  const canRun = Deno.build.os === "linux" &&
    Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  assertEquals(nativeObstacle === undefined, canRun);
});
