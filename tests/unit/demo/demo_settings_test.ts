import { assert, assertEquals, assertThrows } from "@std/assert";
import { formatAddress } from "../../../lib/base/address.ts";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { Settings } from "../../../lib/config/settings.ts";
import { backendAddresses, demoSettings } from "../../../lib/demo/demo_settings.ts";

function settingsOf(text: string): Settings {
  const { settings } = parseSettings(text, "a.cfg", { cores: 1, privileged: true });
  assert(settings !== undefined);
  return settings;
}

Deno.test("demoSettings() listens on loopback only", () => {
  const demo = demoSettings(settingsOf(
    "[mappings]\n24003 = localhost:8080\n[::]:24004 = [::1]:8080\n127.0.0.2:24005 = 127.0.0.1:80",
  ));
  assertEquals(demo.listeners.flatMap(({ addresses }) => addresses.map(formatAddress)), [
    "127.0.0.1:24003",
    "[::1]:24004",
    "127.0.0.2:24005",
  ]);
});

Deno.test("demoSettings() turns the PROXY header on, and keeps the version that was chosen", () => {
  const demo = demoSettings(settingsOf(
    "[mappings]\n24003 = 127.0.0.1:80\n24004 = 127.0.0.1:80\n[options 24004]\nproxy_protocol = v2",
  ));
  assertEquals(demo.pools.map(({ proxyProtocol }) => proxyProtocol), ["v1", "v2"]);
});

Deno.test("demoSettings() refuses backends of other machines", () => {
  for (const backend of ["192.0.2.7:80", "example.org:80", "[2001:db8::1]:80"]) {
    const settings = settingsOf(`[mappings]\n24003 = 127.0.0.1:80, ${backend}`);
    assertThrows(
      () => demoSettings(settings),
      RangeError,
      `backend "${backend}" of pool "24003" is not on loopback`,
    );
  }
});

Deno.test("backendAddresses() gives each address once, in the order written", () => {
  const settings = settingsOf(
    "[mappings]\n24003 = 127.0.0.1:8081, 127.0.0.1:8080\n24004 = 127.0.0.1:8081",
  );
  assertEquals(backendAddresses(settings).map(formatAddress), ["127.0.0.1:8081", "127.0.0.1:8080"]);
});
