/** Limits hold exactly and over all workers, and what exceeds them is counted by reason. */
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { connect } from "node:net";
import { bothEngines } from "../support/both_engines.ts";
import { echo } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { readMetrics } from "../support/metrics.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { isReset, SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
const UNCHECKED = { health_check: "off" };

permittedTest(
  NEEDS,
  "max_connections = 100 lets exactly 100 in over both workers, and refuses the 101st",
  async () => {
    await using backend = new TestBackend(echo);
    const admin = freePort();
    const { text, listeners } = bothEngines({
      backends: [backend.name],
      options: { ...UNCHECKED, max_connections: 100, admin: `127.0.0.1:${admin}` },
    });
    await using weir = await ReloadableWeir.start(text);
    for (const { engine, port, key } of listeners) {
      const clients = await connectMany(port, 150);
      const served = await whoIsServed(clients);
      assertEquals(served.length, 100, engine);
      await expectMetrics(admin, {
        [`weir_listener_active_sessions{listener="${key}"}`]: 100,
        [`weir_listener_accepted_total{listener="${key}"}`]: 150,
        [`weir_listener_refused_total{listener="${key}",reason="max_connections"}`]: 50,
      });
      // A client that leaves makes room for exactly one.
      served[0]?.close();
      await eventually("there is room for one", async () => {
        using client = await SocketEnd.connect(port);
        return await isServed(client);
      });
      for (const client of clients) client.close();
    }
    assertEquals(await weir.stop(), 0);
  },
);

permittedTest(
  NEEDS,
  "where backends are full, clients wait up to queue_timeout, and max_queue of them at most",
  async () => {
    await using backend = new TestBackend(echo);
    const admin = freePort();
    const { text, listeners } = bothEngines({
      backends: [`${backend.name} max_connections=100`],
      options: {
        ...{ ...UNCHECKED, queue_timeout: "2s", max_queue: 5 },
        admin: `127.0.0.1:${admin}`,
      },
    });
    await using weir = await ReloadableWeir.start(text);
    for (const { engine, port, key } of listeners) {
      const clients = await connectMany(port, 100);
      assertEquals((await whoIsServed(clients)).length, 100, engine);
      const waiting = await connectMany(port, 5);
      await expectMetrics(admin, { [`weir_pool_queued_sessions{pool="${key}"}`]: 5 });
      using sixth = await SocketEnd.connect(port);
      assertEquals(await isServed(sixth), false, "the queue is full");
      for (const client of clients.slice(0, 2)) client.close();
      const answers = await Promise.all(waiting.map(isServed));
      assertEquals(answers.filter(Boolean).length, 2, `${engine}: the others wait in vain`);
      for (const client of [...clients, ...waiting]) client.close();
      await expectMetrics(admin, {
        [`weir_listener_active_sessions{listener="${key}"}`]: 0,
        [`weir_pool_queued_sessions{pool="${key}"}`]: 0,
        [`weir_pool_queued_total{pool="${key}"}`]: 5,
        [`weir_backend_active_sessions{pool="${key}",backend="${backend.name}"}`]: 0,
      });
    }
    const records = await weir.recordsWhen("all are logged", (all) => all.length === 212);
    for (const { key } of listeners) {
      const codes = records.filter(({ listener, close_code }) =>
        listener === key && close_code !== "--"
      ).map(({ close_code }) => close_code).sort();
      assertEquals(codes, ["SQ", "sQ", "sQ", "sQ"]);
    }
    assertEquals(await weir.stop(), 0);
  },
);

permittedTest(
  NEEDS,
  "max_connections_per_client and connection_rate hold over both workers",
  async () => {
    await using backend = new TestBackend(echo);
    const [admin, second] = [freePort(), freePort()];
    const perClient = bothEngines({
      backends: [backend.name],
      options: {
        ...{ ...UNCHECKED, max_connections_per_client: 10 },
        admin: `127.0.0.1:${admin}`,
      },
    });
    await using weir = await ReloadableWeir.start(perClient.text);
    for (const { engine, port, key } of perClient.listeners) {
      const clients = await connectMany(port, 40);
      assertEquals((await whoIsServed(clients)).length, 10, engine);
      const reason = "max_connections_per_client";
      await expectMetrics(admin, {
        [`weir_listener_refused_total{listener="${key}",reason="${reason}"}`]: 30,
      });
      for (const client of clients) client.close();
      await eventually("there is room again", async () => {
        using client = await SocketEnd.connect(port);
        return await isServed(client);
      });
    }

    const limited = bothEngines({
      backends: [backend.name],
      options: { ...UNCHECKED, connection_rate: "20/s", admin: `127.0.0.1:${second}` },
    });
    await using slow = await ReloadableWeir.start(limited.text);
    for (const { engine, port, key } of limited.listeners) {
      const startMs = performance.now();
      const clients = await connectMany(port, 60);
      const served = await whoIsServed(clients);
      const seconds = (performance.now() - startMs) / 1000;
      assert(served.length >= 20, `${engine}: ${served.length} were served`);
      assertLessOrEqual(served.length, 20 + Math.ceil(20 * seconds), engine);
      const refused = `weir_listener_refused_total{listener="${key}",reason="connection_rate"}`;
      await expectMetrics(second, { [refused]: 60 - served.length });
      for (const client of clients) client.close();
    }
    assertEquals([await weir.stop(), await slow.stop()], [0, 0]);
  },
);

// Other systems have no address on the loopback interface but the first.
const PER_CLIENT_RATE = "connection_rate_per_client refuses the client that comes too often, alone";
const BY_PREFIX = "client_prefix_v4 makes one client of a network";
for (const [name, fn] of [[PER_CLIENT_RATE, limitEachClient], [BY_PREFIX, limitNetwork]] as const) {
  if (Deno.build.os === "linux") permittedTest(NEEDS, name, fn);
  else Deno.test({ name: `${name} (ignored: needs Linux)`, ignore: true, fn() {} });
}

async function limitEachClient(): Promise<void> {
  await using backend = new TestBackend(echo);
  const admin = freePort();
  const { text, listeners } = bothEngines({
    backends: [backend.name],
    options: {
      ...{ ...UNCHECKED, connection_rate_per_client: "5/s" },
      admin: `127.0.0.1:${admin}`,
    },
  });
  await using weir = await ReloadableWeir.start(text);
  for (const { engine, port, key } of listeners) {
    const startMs = performance.now();
    const [flood, calm] = await Promise.all([
      countServed("127.0.0.1", port, 60),
      countServed("127.0.0.2", port, 5),
    ]);
    const seconds = (performance.now() - startMs) / 1000;
    assertEquals(calm, 5, `${engine}: a client within its rate`);
    assert(flood >= 5, `${engine}: ${flood} were served`);
    assertLessOrEqual(flood, 5 + Math.ceil(5 * seconds), engine);
    const refused = `weir_listener_refused_total{listener="${key}",reason=`;
    await expectMetrics(admin, {
      [`weir_listener_accepted_total{listener="${key}"}`]: 65,
      [`${refused}"max_connections"}`]: 0,
      [`${refused}"max_connections_per_client"}`]: 0,
      [`${refused}"connection_rate"}`]: 0,
      [`${refused}"connection_rate_per_client"}`]: 60 - flood,
    });
    await eventually(
      "the client may come again",
      async () => await countServed("127.0.0.1", port, 1) === 1,
    );
  }
  assertEquals(await weir.stop(), 0);
}

async function limitNetwork(): Promise<void> {
  await using backend = new TestBackend(echo);
  const limits = { connection_rate_per_client: "1/m", client_prefix_v4: 24 };
  const options = { ...UNCHECKED, ...limits };
  const { text, listeners } = bothEngines({ backends: [backend.name], options });
  await using weir = await ReloadableWeir.start(text);
  for (const { engine, port } of listeners) {
    assertEquals(await countServed("127.0.1.1", port, 1), 1, engine);
    assertEquals(await countServed("127.0.1.2", port, 3), 0, `${engine}: of the same network`);
    assertEquals(await countServed("127.0.2.1", port, 1), 1, `${engine}: of another network`);
  }
  assertEquals(await weir.stop(), 0);
}

/** Connects this many clients from an address at once, and returns how many get an echo. */
async function countServed(localAddress: string, port: number, count: number): Promise<number> {
  const clients = Array.from({ length: count }, () => isServedFrom(localAddress, port));
  return (await Promise.all(clients)).filter(Boolean).length;
}

// Deno.connect() does not let the client choose its own address.
function isServedFrom(localAddress: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let isServed = false;
    const socket = connect({ host: "127.0.0.1", port, localAddress }, () => socket.write("ping"));
    socket.once("data", () => {
      isServed = true;
      socket.destroy();
    });
    // A refused one is closed or reset; "close" follows either way.
    socket.on("error", () => {});
    socket.once("close", () => resolve(isServed));
  });
}

/** Waits for these figures: a recent answer may be served again. */
async function expectMetrics(
  adminPort: number,
  expected: Readonly<Record<string, number>>,
): Promise<void> {
  let found: Readonly<Record<string, number | undefined>> = {};
  const names = Object.keys(expected);
  const asExpected = eventually("the metrics are as expected", async () => {
    const metrics = await readMetrics(adminPort);
    found = Object.fromEntries(names.map((name) => [name, metrics.get(name)]));
    return names.every((name) => found[name] === expected[name]);
  });
  await asExpected.catch(() => assertEquals(found, expected));
}

function connectMany(port: number, count: number): Promise<SocketEnd[]> {
  return Promise.all(Array.from({ length: count }, () => SocketEnd.connect(port)));
}

/** Returns those that get an echo; the others find their connection closed. */
async function whoIsServed(clients: readonly SocketEnd[]): Promise<SocketEnd[]> {
  const served = await Promise.all(clients.map(isServed));
  return clients.filter((_, index) => served[index]);
}

async function isServed(client: SocketEnd): Promise<boolean> {
  try {
    await client.send("ping");
    return await client.readSome() !== undefined;
  } catch (error) {
    if (isReset(error)) return false;
    throw error;
  }
}
