import { assert, assertEquals } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { Settings } from "../../../lib/config/settings.ts";
import { resolveBySystem, resolveNames } from "../../../lib/discovery/resolve_names.ts";
import { permittedTest } from "../../support/permitted.ts";

function settingsOf(text: string): Settings {
  const { settings } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  assert(settings !== undefined);
  return settings;
}

Deno.test("resolveNames() keeps all addresses of a name and asks for it once", async () => {
  const asked: string[] = [];
  const { settings, problems } = await resolveNames(
    settingsOf("[mappings]\n2000 = a.test:1, 127.0.0.1:2, a.test:3\n2001 = a.test:1\n"),
    (hostname) => {
      asked.push(hostname);
      return Promise.resolve(["10.0.0.1", "::1"]);
    },
  );
  assertEquals(problems, []);
  assertEquals(asked, ["a.test"]);
  assertEquals(settings.listeners[0]?.backends.map((backend) => backend.candidates), [
    ["10.0.0.1", "::1"],
    ["127.0.0.1"],
    ["10.0.0.1", "::1"],
  ]);
});

Deno.test("resolveNames() leaves names alone that are resolved at connect", async () => {
  const { settings } = await resolveNames(
    settingsOf("[options]\npre_resolve_workers = 0\n[mappings]\n2000 = a.test:1\n"),
    () => Promise.reject(new Error("must not be asked")),
  );
  assertEquals(settings.listeners[0]?.backends[0]?.candidates, []);
});

Deno.test("resolveNames() reports every name that has no address", async () => {
  const { problems } = await resolveNames(
    settingsOf("[mappings]\n2000 = a.test:1, b.test:2\n"),
    (hostname) => Promise.reject(new Error(`no ${hostname}`)),
  );
  assertEquals(problems, [
    { listener: "2000", backend: "a.test:1", message: "no a.test" },
    { listener: "2000", backend: "b.test:2", message: "no b.test" },
  ]);
});

permittedTest(["net", "env"], "resolveBySystem() knows the hosts file", async () => {
  const addresses = await resolveBySystem("localhost");
  assert(addresses.includes("127.0.0.1") || addresses.includes("::1"), addresses.join());
});
