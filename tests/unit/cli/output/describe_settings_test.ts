import { assert, assertEquals } from "@std/assert";
import { describeSettings } from "../../../../lib/cli/output/describe_settings.ts";
import { parseSettings } from "../../../../lib/config/load_settings.ts";

function describe(text: string, file = "a.cfg"): readonly string[] {
  const { settings } = parseSettings(text, file, { cores: 2, privileged: true });
  assert(settings !== undefined);
  return describeSettings(settings).split("\n");
}

Deno.test("describeSettings() shows each backend's weight and share", () => {
  assertEquals(describe("[mappings]\n24003 = 127.0.0.1:8080:2, 127.0.0.1:8081"), [
    "a.cfg is valid: 2 workers",
    "",
    "24003 listens on 0.0.0.0:24003, weighted_round_robin",
    "  127.0.0.1:8080  weight 2  66.7 % of sessions",
    "  127.0.0.1:8081  weight 1  33.3 % of sessions",
    "",
  ]);
});

Deno.test("describeSettings() does not round a small share to nothing", () => {
  const lines = describe(
    "[mappings]\n24003 = 127.0.0.1:1" +
      Array.from({ length: 8 }, (_, index) => `, 127.0.0.2:${index + 1}:256`).join(""),
  );
  assertEquals(lines[3], "  127.0.0.1:1  weight 1    under 0.1 % of sessions");
});

Deno.test("describeSettings() ignores weights where the algorithm does, but for 0", () => {
  const lines = describe(
    "[options]\nalgorithm = round_robin\n[mappings]\n" +
      "24003 = 127.0.0.1:8001:5, 127.0.0.1:8002, 127.0.0.1:8003:0",
  );
  assertEquals(lines.slice(3, 6), [
    "  127.0.0.1:8001  weight 5  50 % of sessions",
    "  127.0.0.1:8002  weight 1  50 % of sessions",
    "  127.0.0.1:8003  weight 0  takes no new sessions",
  ]);
});

Deno.test("describeSettings() keeps backups apart, and shows flags", () => {
  const lines = describe(
    "[options]\nalgorithm = source_hash\n[mappings]\n" +
      "24003 = 127.0.0.1:8001 max_connections=100, 127.0.0.1:8002 backup",
  );
  assertEquals(lines.slice(3, 5), [
    "  127.0.0.1:8001  weight 1  100 % of clients                             max_connections=100",
    "  127.0.0.1:8002  weight 1  100 % of clients, once no other backend can  backup",
  ]);
});

Deno.test("describeSettings() gives no share to a backend that an operator has taken out", () => {
  const lines = describe("[mappings]\n24003 = 127.0.0.1:8001, 127.0.0.1:8002 drain");
  assertEquals(lines.slice(3, 5), [
    "  127.0.0.1:8001  weight 1  100 % of sessions",
    "  127.0.0.1:8002  weight 1  takes no new sessions  drain",
  ]);
});

Deno.test("describeSettings() shows the options that differ from their defaults", () => {
  const lines = describe(
    "[options]\nworkers = 1\ndrain_timeout = 5s\nbuffer_size = 4096\nidle_timeout = 0\n" +
      "retries = 3\n[mappings]\n24003 = 127.0.0.1:8001\n[options 24003]\nalgorithm = p2c",
  );
  assertEquals(lines[0], "a.cfg is valid: 1 worker, drain_timeout = 5s");
  assertEquals(lines.slice(4), ["  buffer_size = 4k", "  idle_timeout = 0s", ""]);
});

Deno.test("describeSettings() shows that there is a secret, and not which", () => {
  const lines = describe(
    "[options]\nhealth_check = send_expect\nhealth_send = hunter2\nhealth_expect = OK\n" +
      "[mappings]\n24003 = 127.0.0.1:8001",
  );
  assertEquals(lines.slice(4, 7), [
    "  health_check = send_expect",
    "  health_send = (secret)",
    "  health_expect = OK",
  ]);
});

Deno.test("describeSettings() does not let control characters reach the terminal", () => {
  const lines = describe("[mappings]\n24003 = 127.0.0.1:8001", "a\x1b[31m.cfg");
  assertEquals(lines[0], "a\uFFFD[31m.cfg is valid: 2 workers");
});

Deno.test("describeSettings() shows the listeners, and then each pool once", () => {
  const lines = describe(
    "[listener edge]\nlisten = 24443, [::1]:24444\npool = app\nmax_connections = 5\n" +
      "[listener web]\nlisten = 24080\npool = app\n" +
      "[listener db]\nlisten = 24432\npool = db\n" +
      "[pool app]\nbackends = blue@127.0.0.1:8001, 127.0.0.1:8002\nretries = 1\n" +
      "[pool db]\nbackends = 127.0.0.1:8003\nalgorithm = p2c\n" +
      "[pool spare]\nbackends = 127.0.0.1:8004",
  );
  assertEquals(lines.slice(2), [
    "edge listens on 0.0.0.0:24443, [::1]:24444, pool app",
    "  max_connections = 5",
    "",
    "web listens on 0.0.0.0:24080, pool app",
    "",
    "db listens on 0.0.0.0:24432, p2c",
    "  127.0.0.1:8003  weight 1  100 % of active sessions, if all are equally fast",
    "",
    "pool app serves edge, web, weighted_round_robin",
    "  blue            weight 1  50 % of sessions",
    "  127.0.0.1:8002  weight 1  50 % of sessions",
    "  retries = 1",
    "",
    "pool spare is unused, weighted_round_robin",
    "  127.0.0.1:8004  weight 1  100 % of sessions",
    "",
  ]);
});
