import { assert, assertEquals, assertLess } from "@std/assert";
import { parseSettings } from "../../../../../lib/config/load_settings.ts";
import type { Settings } from "../../../../../lib/config/settings.ts";
import { echo, Reception } from "../../../../support/conducts.ts";
import { faultyEngine } from "../../../../support/engines_under_test.ts";
import { freePort } from "../../../../support/free_ports.ts";
import { nativeTest } from "../../../../support/native_test.ts";
import { pause, within } from "../../../../support/patience.ts";
import { RunningWeir } from "../../../../support/running_weir.ts";
import { SocketEnd } from "../../../../support/socket_end.ts";
import { TestBackend } from "../../../../support/test_backend.ts";
import { type TestConfig, testConfig } from "../../../../support/test_config.ts";
import { UrgentEnd } from "../../../../support/urgent_end.ts";

const ONE_WORKER = { workers: 1 };
/** What {@linkcode RunningWeir} starts with, so that a reload keeps it. */
const UNCHANGED = {
  engine: "native",
  health_check: "off",
  max_fails: 0,
  access_log: "in memory",
  log_format: "json",
};
/** What a client that moves bulk data sends at a time: less than any socket holds. */
const CHUNK = "x".repeat(64 * 1024);
/** This many of them make a session spliced. */
const CHUNKS = 32;

/** Settings for the listener of a running Weir. */
function settingsOf(
  weir: RunningWeir,
  backends: string[],
  options: TestConfig["options"],
): Settings {
  const { port } = weir;
  const text = testConfig({ port, backends, options: { ...UNCHANGED, ...options } });
  const { settings } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  assert(settings !== undefined);
  return settings;
}

/** Reads this many bytes, sends the last of them, and closes. */
function quoteLast(length: number, quoted: number): (end: SocketEnd) => Promise<void> {
  return async (end) => {
    await end.read(length - quoted);
    await end.send(await end.read(quoted));
  };
}

nativeTest(
  ["net", "read"],
  "NativeSession passes on what comes right after urgent data",
  async () => {
    const reception = new Reception();
    await using backend = new TestBackend(reception.conduct);
    await using weir = await RunningWeir.start(faultyEngine(), {
      backends: [backend.name],
      options: ONE_WORKER,
    });
    using client = UrgentEnd.connect(weir.port);
    const served = await within("the backend's connection", reception.next());
    // The three fall into one reading sooner or later, which ends in front of the urgent byte. Of
    // several urgent bytes all but the last would be ordinary ones, so that each is waited for.
    for (let round = 0; round < 50; round++) {
      client.send("before ");
      client.sendUrgently("!");
      client.send("after");
      const text = await within(`the text of round ${round}`, served.readText(12));
      assertEquals(text, "before after");
    }
    client.finish();
    await served.finish();
    await weir.finish();
  },
);

nativeTest(["net", "read"], "NativeSession passes on bulk after urgent data", async () => {
  const length = CHUNKS * CHUNK.length + "after".length;
  await using backend = new TestBackend(quoteLast(length, "after".length));
  await using weir = await RunningWeir.start(faultyEngine(), {
    backends: [backend.name],
    options: ONE_WORKER,
  });
  using client = UrgentEnd.connect(weir.port);
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    client.send(CHUNK);
    await pause(0);
  }
  client.sendUrgently("!");
  client.send("after");
  assertEquals(await within("the backend's answer", client.readAllText()), "after");
  client.finish();
  await weir.finish();
});

nativeTest(
  ["net", "read"],
  "NativeSession that cannot be watched when its turn has come costs nobody else",
  async () => {
    await using backend = new TestBackend(echo);
    // Watched before it: the waker, the listener, both ends of the first session, and this client
    // while it waits.
    const engine = faultyEngine([{ call: "epoll_ctl", after: 5, times: 1, errno: "ENOMEM" }]);
    await using weir = await RunningWeir.start(engine, {
      backends: [`${backend.name} max_connections=1`],
      options: { ...ONE_WORKER, queue_timeout: "20s" },
    });
    using first = await SocketEnd.connect(weir.port);
    await first.ping();
    using unlucky = await SocketEnd.connect(weir.port);
    await weir.activeIs(2);
    first.close();
    assertEquals((await within("the end", unlucky.readAll())).length, 0);
    using last = await SocketEnd.connect(weir.port);
    await last.ping();
    last.close();
    const records = await weir.records(3);
    assertEquals(records.map(({ close_code }) => close_code).toSorted(), ["--", "--", "RC"]);
    assertEquals(await weir.drain(), 0);
    assertEquals(weir.books.busyRows, []);
  },
);

nativeTest(
  ["net", "read"],
  "NativeSession goes on to another backend where only one of the addresses was refused",
  async () => {
    await using backend = new TestBackend(echo);
    const backends = [`127.0.0.1:${freePort()}`, backend.name];
    // As on a host without IPv6: the second address of the first backend cannot even be tried.
    const engine = faultyEngine([{ call: "connect", after: 1, times: 1, errno: "EADDRNOTAVAIL" }]);
    await using weir = await RunningWeir.start(engine, { backends, options: ONE_WORKER });
    const settings = settingsOf(weir, backends, ONE_WORKER);
    const [pool] = settings.pools;
    assert(pool !== undefined);
    const [dead, alive] = pool.backends;
    assert(dead !== undefined && alive !== undefined);
    const dual = { ...dead, candidates: ["127.0.0.1", "::1"] };
    const problems = await weir.supervisor.reload({
      ...settings,
      pools: [{ ...pool, backends: [dual, alive] }],
    });
    assertEquals(problems, []);
    using client = await SocketEnd.connect(weir.port);
    await client.ping();
    client.close();
    const [record] = await weir.finish();
    assertEquals([record?.close_code, record?.retries], ["--", 1]);
  },
);

nativeTest(
  ["net", "read"],
  "NativeSession keeps its timeouts when a reload changes them",
  async () => {
    await using backend = new TestBackend(echo);
    const backends = [backend.name];
    const options = { ...ONE_WORKER, idle_timeout: "1s" };
    await using weir = await RunningWeir.start(faultyEngine(), { backends, options });
    using client = await SocketEnd.connect(weir.port);
    await client.ping();
    const idleSinceMs = performance.now();
    const settings = settingsOf(weir, backends, { ...options, idle_timeout: "1h" });
    assertEquals(await weir.supervisor.reload(settings), []);
    await within("the end", client.readAll());
    // One with the new settings is checked every five seconds.
    assertLess(performance.now() - idleSinceMs, 4_500);
    await weir.drain();
  },
);
