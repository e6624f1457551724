/** `workers` and `engine` change under load, and nobody who connects notices. */
// Runs alone: the kernel tries a client's first packet again after a second, and each time later.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { listeningPorts } from "../support/listening_ports.ts";
import { Load } from "../support/load.ts";
import { howMany } from "../support/long_tests.ts";
import { readMetrics } from "../support/metrics.ts";
import { nativeTest } from "../support/native_test.ts";
import { eventually } from "../support/patience.ts";
import { countDescriptors } from "../support/process_figures.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";

const NEEDS = ["all"] as const;
const RATE = 200;
const ROUNDS = howMany(2, 10);
/** What the kernel does to a client in the queue of a socket that is closed. */
const RESET = /reset/i;

/** Ports of a Weir with one listener, and its configuration. */
class Setup {
  readonly port = freePort();
  readonly admin = freePort();
  readonly backend = new TestBackend(echo);

  config(workers: number | string, engine: string, more: readonly string[] = []): string {
    return [
      ...["[options]", `workers = ${workers}`, `engine = ${engine}`],
      ...[`admin = 127.0.0.1:${this.admin}`, ...more],
      ...["[mappings]", `127.0.0.1:${this.port} = ${this.backend.name}`, ""],
    ].join("\n");
  }

  /** A metric of the listener or of its pool, which have the same key. */
  async figure(name: string, of: "listener" | "pool" = "listener"): Promise<number> {
    const all = await readMetrics(this.admin);
    return all.get(`weir_${of}_${name}{${of}="127.0.0.1:${this.port}"}`) ?? NaN;
  }

  /** Waits until there are this many workers, each with a socket, and nothing is counted. */
  async settles(workers: number): Promise<void> {
    await eventually(
      `${workers} workers are left`,
      async () => (await readMetrics(this.admin)).get("weir_workers") === workers,
    );
    assertEquals(await this.figure("sockets"), workers);
    assertEquals(listeningPorts().filter((port) => port === this.port).length, workers);
    await eventually("no session", async () => await this.figure("active_sessions") === 0);
    assertEquals(await this.figure("queued_sessions", "pool"), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backend[Symbol.asyncDispose]();
  }
}

/** Waits until many more clients have come. */
async function clientsCome(load: Load): Promise<void> {
  const before = load.started;
  await eventually("clients come", () => load.started > before + RATE / 2);
}

function problemsOf(load: Load): string[] {
  return load.failed.map(({ problem }) => problem ?? "");
}

nativeTest(NEEDS, "native: workers = 1 to 4 to 2 to 1 under load fails no client", async () => {
  await using setup = new Setup();
  const { port } = setup;
  await using weir = await ReloadableWeir.start(setup.config(1, "native"));
  // The runtime keeps a few descriptors of the first workers that end, and no more of later ones.
  await weir.reload(setup.config(4, "native"));
  await weir.reload(setup.config(1, "native"));
  await setup.settles(1);
  const before = countDescriptors(weir.process.pid);
  using held = await SocketEnd.connect(port);
  await held.ping();
  const load = new Load(port, RATE, askForEcho);
  for (let round = 0; round < ROUNDS; round++) {
    for (const workers of [4, 2, 1]) {
      await clientsCome(load);
      assertMatch(await weir.reload(setup.config(workers, "native")), /workers from \d to \d/);
    }
  }
  await clientsCome(load);
  await load.stop();
  assertEquals(problemsOf(load), [], weir.log);
  await held.ping("still here");
  held.close();
  await setup.settles(1);
  assertEquals(await setup.figure("open_closes_total"), 0);
  await eventually(
    "its descriptors are as before",
    () => countDescriptors(weir.process.pid) <= before,
  );
  assertEquals(await weir.stop(), 0);
});

nativeTest(
  NEEDS,
  "engine = streams to native to streams under load fails only whom a close resets",
  async () => {
    await using setup = new Setup();
    const { port } = setup;
    await using weir = await ReloadableWeir.start(setup.config(2, "streams"));
    // The runtime keeps a few descriptors of the first workers that end, and no more of later ones.
    await weir.reload(setup.config(2, "native"));
    await weir.reload(setup.config(2, "streams"));
    await setup.settles(2);
    const before = countDescriptors(weir.process.pid);
    const closesBefore = await setup.figure("open_closes_total");
    using held = await SocketEnd.connect(port);
    await held.ping();
    const load = new Load(port, RATE, askForEcho);
    let closes = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await clientsCome(load);
      assertMatch(await weir.reload(setup.config(2, "native")), /has moved to engine native/);
      await eventually(
        "the other sockets are closed",
        async () => await setup.figure("sockets") === 2,
      );
      await clientsCome(load);
      closes = await setup.figure("open_closes_total");
      const failed = load.failed.length;
      assertMatch(await weir.reload(setup.config(2, "streams")), /has moved to engine streams/);
      await eventually(
        "the other sockets are closed",
        async () => await setup.figure("sockets") === 2,
      );
      await clientsCome(load);
      // What moves away from native loses nobody.
      assertEquals(await setup.figure("open_closes_total"), closes);
      assertEquals(load.failed.slice(failed), []);
    }
    await load.stop();
    assertEquals(closes - closesBefore, 2 * ROUNDS);
    assertEquals(problemsOf(load).filter((problem) => !RESET.test(problem)), [], weir.log);
    await held.ping("still here");
    held.close();
    await setup.settles(2);
    await eventually(
      "its descriptors are as before",
      () => countDescriptors(weir.process.pid) <= before,
    );
    assertEquals(await weir.stop(), 0);
  },
);

nativeTest(
  NEEDS,
  "a stop in the midst of a change of workers and engine ends in order",
  async () => {
    await using setup = new Setup();
    const { port } = setup;
    const more = ["drain_timeout = 1s"];
    await using weir = await ReloadableWeir.start(setup.config(4, "streams", more));
    const clients = await Promise.all(Array.from({ length: 40 }, () => SocketEnd.connect(port)));
    await Promise.all(clients.map((client) => client.ping()));
    await weir.write(setup.config(2, "native", more));
    weir.process.signal("SIGHUP");
    await weir.logged(/workers from 4 to 2/);
    weir.process.signal("SIGTERM");
    assertEquals((await weir.process.ending()).code, 0);
    assert(/Closed \d+ sessions that had not ended in time/.test(weir.log), weir.log);
    for (const client of clients) client.close();
  },
);

nativeTest(NEEDS, "bad values of workers and engine change nothing", async () => {
  await using setup = new Setup();
  await using weir = await ReloadableWeir.start(setup.config(2, "native"));
  const told = await weir.reload(setup.config(65, "fast"));
  assertMatch(told, /weir\.cfg:2:\d+: error: [^\n]*65[^\n]*1 to 64/);
  assertMatch(told, /weir\.cfg:3:\d+: error: [^\n]*fast/);
  assertMatch(told, /the old settings stay in force/);
  await setup.settles(2);
});

/** No order for the backend is needed: an in-process one echoes everything. */
async function askForEcho(client: SocketEnd, index: number): Promise<void> {
  await client.ping(`question ${index}`);
  await client.finish();
  if (await client.readAllText() !== "") throw new Error("Got something after the answer");
}
