import { assertEquals, assertThrows } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { ListenerSettings } from "../../../lib/config/settings.ts";
import { chooseEngine } from "../../../lib/engine/choose_engine.ts";
import { nativeObstacle } from "../../support/native_test.ts";

const EVERYTHING = {};
const NOTHING = { nativeObstacle: "Deno was started without --allow-ffi" };

function listener(options: readonly string[], mapping: string): ListenerSettings {
  const text = ["[options]", ...options, "[mappings]", mapping].join("\n");
  const { settings, diagnostics } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  const [first] = settings?.listeners ?? [];
  if (first === undefined) throw new Error(JSON.stringify(diagnostics));
  return first;
}

const PLAIN = "127.0.0.1:24003 = 127.0.0.1:8080, [::1]:8081";

Deno.test('chooseEngine() takes native for "auto" where it can run', () => {
  assertEquals(chooseEngine(listener([], PLAIN), EVERYTHING), {
    engine: "native",
    reason: "the fastest that can run here",
  });
});

Deno.test('chooseEngine() takes streams for "auto" where native cannot run, and says why', () => {
  assertEquals(chooseEngine(listener([], PLAIN), NOTHING), {
    engine: "streams",
    reason: "native cannot run: Deno was started without --allow-ffi",
  });
});

Deno.test('chooseEngine() takes streams for "auto" where a name is resolved for every session', () => {
  const named = listener(["pre_resolve_workers = 0"], "24003 = backend.example:8080");
  assertEquals(chooseEngine(named, EVERYTHING), {
    engine: "streams",
    reason:
      "native cannot run: backend backend.example:8080 is resolved again for every connection",
  });
});

Deno.test("chooseEngine() takes native for a name that was resolved", () => {
  const named = listener([], "24003 = backend.example:8080");
  const backends = named.backends.map((backend) => ({ ...backend, candidates: ["192.0.2.1"] }));
  assertEquals(chooseEngine({ ...named, backends }, EVERYTHING).engine, "native");
});

Deno.test("chooseEngine() takes streams where an address has a zone", () => {
  const plain = listener([], PLAIN);
  const backends = plain.backends.map((backend) => ({ ...backend, candidates: ["fe80::1%eth0"] }));
  assertEquals(
    chooseEngine({ ...plain, backends }, EVERYTHING).reason,
    "native cannot run: backend 127.0.0.1:8080 has an address with a zone",
  );
  const address = { hostname: "fe80::1%eth0", port: 24003 };
  assertEquals(chooseEngine({ ...plain, address }, EVERYTHING).engine, "streams");
});

Deno.test("chooseEngine() takes what the settings ask for", () => {
  for (const engine of ["streams", "native"] as const) {
    assertEquals(chooseEngine(listener([`engine = ${engine}`], PLAIN), EVERYTHING), {
      engine,
      reason: "as configured",
    });
  }
  assertEquals(chooseEngine(listener(["engine = streams"], PLAIN), NOTHING).engine, "streams");
});

Deno.test("chooseEngine() throws where native is asked for and cannot be", () => {
  assertThrows(
    () => chooseEngine(listener(["engine = native"], PLAIN), NOTHING),
    Error,
    'Listener 127.0.0.1:24003 cannot have engine "native": Deno was started without --allow-ffi; ' +
      '"auto" picks an engine that can run',
  );
});

Deno.test("findAbilities() says why native cannot run, or nothing", () => {
  const canRun = Deno.build.os === "linux" &&
    Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  assertEquals(nativeObstacle === undefined, canRun);
});
