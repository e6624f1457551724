import { assertEquals } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";

/** Each error with its line. */
function errorsOf(...lines: readonly string[]): string[] {
  const { diagnostics } = parseSettings(lines.join("\n"), "test.cfg", {
    cores: 1,
    privileged: true,
  });
  return diagnostics.map(({ line, message }) => `${line}: ${message.split(/[:,;]/)[0]}`);
}

Deno.test("checkSources() reports a pool whose listener is on streams, where the pool says it", () => {
  const lines = [
    "[listener edge]",
    "listen = 24003",
    "pool = app",
    "[pool app]",
    "backends = 127.0.0.1:1",
    "source_address = 127.0.0.2",
  ];
  assertEquals(errorsOf(...lines), []);
  assertEquals(errorsOf("[options]", "engine = streams", ...lines), [
    '8: source_address cannot be used by listener "edge" with engine = streams',
  ]);
});

Deno.test("checkSources() reports a family that no address has, for the value in force", () => {
  const mappings = ["[mappings]", "24003 = 127.0.0.1:1, [::1]:1", "24004 = a.example:1"];
  assertEquals(errorsOf("[options]", "source_address = 127.0.0.2, ::1", ...mappings), []);
  assertEquals(errorsOf("[options]", "source_address = ::1", ...mappings), [
    "2: source_address has no IPv4 address",
  ]);
  const own = ["[options 24003]", "source_address = 127.0.0.2"];
  assertEquals(errorsOf("[options]", "source_address = ::1", ...mappings, ...own), [
    "7: source_address has no IPv6 address",
  ]);
  const auto = ["[options 24003]", "source_address = auto"];
  assertEquals(errorsOf("[options]", "source_address = ::1", ...mappings, ...auto), []);
});
