import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { ListenerSettings, PoolSettings } from "../../../lib/config/settings.ts";
import { describeListener } from "../../../lib/supervisor/describe_listener.ts";

const CHOICE = { engine: "native", reason: "as configured" } as const;

function listenerOf(mapping: string): [ListenerSettings, PoolSettings] {
  const environment = { cores: 1, privileged: true };
  const { settings } = parseSettings(`[mappings]\n${mapping}\n`, "test.cfg", environment);
  const { listeners: [listener], pools: [pool] } = settings ?? { listeners: [], pools: [] };
  assert(listener !== undefined && pool !== undefined);
  return [listener, pool];
}

Deno.test("describeListener() says where it listens, and how it serves clients", () => {
  assertEquals(
    describeListener(...listenerOf("[::1]:2000 = 127.0.0.1:1:3, 127.0.0.1:2 backup"), CHOICE, 1),
    "Listening on [::1]:2000: weighted_round_robin over 2 backends (127.0.0.1:1 weight 3, " +
      "127.0.0.1:2 backup), engine native (as configured), 1 worker",
  );
});

Deno.test("describeListener() names a pool that is not named as the listener", () => {
  const text = "[listener edge]\nlisten = 2000, 2001\npool = app\n" +
    "[pool app]\nbackends = 127.0.0.1:1\n";
  const { settings } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  const { listeners: [listener], pools: [pool] } = settings ?? { listeners: [], pools: [] };
  assert(listener !== undefined && pool !== undefined);
  assertEquals(
    describeListener(listener, pool, CHOICE, 1),
    "Listening on 0.0.0.0:2000, 0.0.0.0:2001: pool app, weighted_round_robin over 1 backend " +
      "(127.0.0.1:1), engine native (as configured), 1 worker",
  );
});

Deno.test("describeListener() cuts a long list of backends, and counts the rest", () => {
  const backends = Array.from({ length: 20 }, (_, index) => `127.0.0.1:${index + 1}`);
  const line = describeListener(...listenerOf(`2000 = ${backends.join(", ")}`), CHOICE, 2);
  assertMatch(line, /over 20 backends \(.*127\.0\.0\.1:8, and 12 more\), .* 2 workers$/);
});
