/** Dead backends cost no client its session, and the log stays readable. */
import { assertEquals, assertLessOrEqual, assertMatch } from "@std/assert";
import { sayAndClose } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { permittedTest } from "../support/permitted.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env"] as const;
/** Nothing listens there, and no test ever gets such a low port. */
const DEAD = ["127.0.0.1:1", "127.0.0.1:2"];
const CONNECTIONS = 1_000;
const CLIENTS = 20;
/**
 * Each of two workers logs for each of two backends that it cannot be reached: once at the
 * beginning, and at the end how often since. Ejections come on top.
 */
const MOST_WARNINGS = 12;

permittedTest(
  NEEDS,
  "with two of three backends dead every connection succeeds, and the log has a handful of lines",
  async () => {
    await using alive = new TestBackend(sayAndClose("alive"));
    const port = freePort();
    const options = { workers: 2, algorithm: "round_robin", health_check: "off" };
    const config = testConfig({ port, backends: [...DEAD, alive.name], options });
    await using weir = await WeirProcess.start(config);
    let succeeded = 0;
    let left = CONNECTIONS;
    async function connectAgainAndAgain(): Promise<void> {
      while (left-- > 0) {
        using client = await SocketEnd.connect(port);
        if (await client.readAllText() === "alive") succeeded++;
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, connectAgainAndAgain));
    assertEquals(succeeded, CONNECTIONS);
    const { code, stderr } = await weir.stop();
    assertEquals(code, 0);
    assertLessOrEqual(warnings(stderr).length, MOST_WARNINGS, stderr);
    for (const name of DEAD) assertMatch(stderr, new RegExp(`backend ${name} .*refused`));
  },
);

permittedTest(
  NEEDS,
  "with all backends dead clients are closed at once, and the log says why",
  async () => {
    const port = freePort();
    const options = { workers: 2, access_log: "-", health_check: "off" };
    await using weir = await WeirProcess.start(testConfig({ port, backends: DEAD, options }));
    for (let i = 0; i < 100; i++) {
      using client = await SocketEnd.connect(port);
      assertEquals((await client.readAll()).length, 0);
    }
    const { code, stdout, stderr } = await weir.stop();
    assertEquals(code, 0);
    const lines = stdout.trimEnd().split("\n");
    const others = lines.filter((line) => !line.endsWith(" SC backend refused while connecting"));
    assertEquals([lines.length, others], [100, []], stderr);
    assertMatch(stderr, /Could not connect to backend 127\.0\.0\.1:1 /);
    assertLessOrEqual(warnings(stderr).length, MOST_WARNINGS, stderr);
  },
);

function warnings(log: string): string[] {
  return log.split("\n").filter((line) => /^\S+ (warn|error)/.test(line));
}
