import { assert, assertEquals } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import { KNOWN_KEYS } from "../../../lib/config/schema.ts";
import { showValue, withoutSecrets } from "../../../lib/config/secret.ts";

const OPTIONS = "[options]\nhealth_check = send_expect\nhealth_expect = OK\n";
const MAPPING = "[mappings]\n2000 = 127.0.0.1:1\n";

Deno.test("withoutSecrets() leaves everything but what is a secret", () => {
  const text = `${OPTIONS}health_send = hunter2\n${MAPPING}`;
  const { settings } = parseSettings(text, "a.cfg", { cores: 1, privileged: true });
  assert(settings !== undefined);
  const shown = withoutSecrets(settings);
  assertEquals(shown, {
    ...settings,
    pools: settings.pools.map((pool) => ({ ...pool, healthSend: "(secret)" })),
  });
  assertEquals(settings.pools[0]?.healthSend, "hunter2");
});

Deno.test("withoutSecrets() and showValue() show a default, which is no secret", () => {
  const { settings } = parseSettings(MAPPING, "a.cfg", { cores: 1, privileged: true });
  assert(settings !== undefined);
  assertEquals(withoutSecrets(settings), settings);
  const key = KNOWN_KEYS.find(({ name }) => name === "health_send");
  assert(key !== undefined);
  assertEquals([showValue(key, ""), showValue(key, "x")], ["", "(secret)"]);
});
