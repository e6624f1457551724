import { assertEquals } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import { originOf } from "../../../lib/config/origin.ts";
import { KNOWN_KEYS, type KnownKey } from "../../../lib/config/schema.ts";
import type { Settings } from "../../../lib/config/settings.ts";

const TEXT = `[options]
workers = 2
algorithm = random
[mappings]
24003 = 127.0.0.1:8080
24004 = 127.0.0.1:8080
[options 24003]
algorithm = p2c
retries = 1
`;

Deno.test("originOf() says which section a value is from", () => {
  const { settings } = parseSettings(TEXT, "a", { cores: 1, privileged: true });
  const origin = (name: string, listener?: string): string => {
    const key = KNOWN_KEYS.find((key) => key.name === name) as KnownKey;
    return originOf(key, settings as Settings, listener);
  };
  assertEquals(origin("workers"), "[options]");
  assertEquals(origin("admin"), "default");
  assertEquals(origin("algorithm", "24003"), "[options 24003]");
  assertEquals(origin("algorithm", "24004"), "[options]");
  assertEquals(origin("retries", "24003"), "[options 24003]");
  assertEquals(origin("retries", "24004"), "default");
});
