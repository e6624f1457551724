/** SIGTERM lets sessions finish for a while; a second signal does not. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env"] as const;

permittedTest(
  NEEDS,
  "SIGTERM refuses new connections and lets the active session finish",
  async () => {
    await using backend = new TestBackend(echo);
    const port = freePort();
    await using weir = await WeirProcess.start(testConfig({ port, backends: [backend.name] }));
    using client = await SocketEnd.connect(port);
    await client.ping();
    weir.signal("SIGTERM");
    await eventually("connections are refused", () => isRefused(port));
    for (let i = 0; i < 10; i++) await client.ping(`still here ${i}`);
    await client.finish();
    assertEquals(await client.readAllText(), "");
    const { code, stderr } = await weir.ending();
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /Every session has ended/);
  },
);

permittedTest(NEEDS, "a session that does not finish is closed after drain_timeout", async () => {
  await using backend = new TestBackend(echo);
  const port = freePort();
  const options = { drain_timeout: "500ms", access_log: "-" };
  const config = testConfig({ port, backends: [backend.name], options });
  await using weir = await WeirProcess.start(config);
  using client = await SocketEnd.connect(port);
  await client.ping();
  weir.signal("SIGTERM");
  await client.readAll();
  const { code, stdout, stderr } = await weir.ending();
  assertEquals(code, 0, stderr);
  assertMatch(stderr, /Closed 1 session/);
  assertMatch(stdout, / KD drained while relaying$/m);
});

/** What keeps a shutdown busy for an hour, and what the log says before it. */
const LONG_STEPS = [
  ["shutdown_delay", { shutdown_delay: "1h" }, /SIGINT: no longer ready/],
  ["drain_timeout", { drain_timeout: "1h" }, /SIGINT[^]*2 sessions have not ended yet/],
  ["close_spread", { drain_timeout: "100ms", close_spread: "1h" }, /1 session has not ended yet/],
] as const;

for (const [step, options, sign] of LONG_STEPS) {
  permittedTest(NEEDS, `a second signal ends Weir at once, also during ${step}`, async () => {
    await using backend = new TestBackend(echo);
    const port = freePort();
    const config = testConfig({
      port,
      backends: [backend.name],
      options: { workers: 1, ...options },
    });
    await using weir = await WeirProcess.start(config);
    // Of several that a worker closes over a time, the first one is closed at once.
    using first = await SocketEnd.connect(port);
    await first.ping();
    using second = await SocketEnd.connect(port);
    await second.ping();
    weir.signal("SIGINT");
    await weir.logged(sign);
    weir.signal("SIGTERM");
    const { code, stderr } = await weir.ending();
    assert(code !== 0);
    assertMatch(stderr, /SIGTERM again: ending at once\n$/);
    await first.readAll();
    await second.readAll();
  });
}

permittedTest(NEEDS, "a shutdown says ever more seldom how far it is", async () => {
  await using backend = new TestBackend(echo);
  const port = freePort();
  const options = { workers: 1, log_format: "json", drain_timeout: "1h" };
  await using weir = await WeirProcess.start(
    testConfig({ port, backends: [backend.name], options }),
  );
  using client = await SocketEnd.connect(port);
  await client.ping();
  weir.signal("SIGTERM");
  // After one second, after two, and after five.
  await weir.logged(/(1 session has not ended yet[^]*){3}\n/);
  const [first = 0, , third = 0] = weir.stderr.split("\n")
    .filter((line) => line.includes("1 session has not ended yet"))
    .map((line) => Date.parse(JSON.parse(line).time));
  assert(third - first > 3_500, `${third - first} ms`);
  client.close();
  assertEquals((await weir.ending()).code, 0);
});

async function isRefused(port: number): Promise<boolean> {
  try {
    (await SocketEnd.connect(port)).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}
