/** Sessions reset by a backend: whose fault that is, and when the backend is trusted again. */
import { assert, assertEquals } from "@std/assert";
import { bothEngines, type EnginePort } from "../support/both_engines.ts";
import { echo } from "../support/conducts.ts";
import { eventually, pause, standstill, within } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { ResettableBackend, ResettableEnd } from "../support/resettable_end.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
const OPTIONS = { algorithm: "round_robin", health_check: "off" };
const GARBAGE = "garbage";
const POLITE = "hello";
const CLIENTS = Array.from({ length: 5 }, (_, index) => `127.0.0.${index + 2}`);

permittedTest(NEEDS, "one client's garbage costs no backend its share", async () => {
  await using backends = new AsyncDisposableStack();
  const names: string[] = [];
  for (let index = 0; index < 3; index++) {
    names.push(backends.use(await ResettableBackend.open(answerPolitely)).name);
  }
  const { text, listeners } = bothEngines({ backends: names, options: OPTIONS });
  await using weir = await ReloadableWeir.start(text);
  for (const { key, port } of listeners) {
    for (let session = 0; session < 30; session++) await sendGarbage(port);
    const garbage = await weir.recordsWhen(
      "the garbage is logged",
      (all) => all.filter(({ listener }) => listener === key).length === 30,
    );
    const resets = garbage.filter(({ listener, close_code, bytes_in, bytes_out }) =>
      listener === key && close_code === "SD" && bytes_in > 0 && bytes_out === 0
    );
    assertEquals(resets.length, 30, "each was a reset that the client brought about");

    for (let session = 0; session < 60; session++) await ping(port);
    const records = await weir.recordsWhen(
      "all are logged",
      (all) => all.filter(({ listener }) => listener === key).length === 90,
    );
    const good = records.filter(({ listener, close_code }) =>
      listener === key && close_code === "--"
    );
    const shares = names.map((name) => good.filter(({ backend }) => backend === name).length);
    assertEquals(shares, [20, 20, 20], key);
  }
  assertEquals(await weir.stop(), 0);
  assert(!weir.log.includes("ejected"), weir.log);
});

permittedTest(
  NEEDS,
  "a backend that resets every client is ejected, and checks that pass do not bring it back",
  async () => {
    await using sick = await ResettableBackend.open(resetAfterInput);
    await using well = new TestBackend(echo);
    const { text, listeners } = bothEngines({
      backends: [sick.name, well.name],
      options: { ...OPTIONS, health_check: "tcp", health_interval: "50ms" },
    });
    await using weir = await ReloadableWeir.start(text);
    for (const { key, port } of listeners) {
      const ejected = new RegExp(`${sick.name} of pool ${key} is ejected for .*were reset`);
      await eventually("it is ejected", async () => {
        for (const client of CLIENTS) await visit(port, client);
        return ejected.test(weir.log);
      });
      // Both listeners check it, so these are at least ten checks each.
      const checks = sick.accepted;
      await eventually("checks have passed", () => sick.accepted >= checks + 30);
      const before = (await weir.records()).length;
      for (const client of CLIENTS) await visit(port, client);
      const records = await weir.recordsWhen(
        "all are logged",
        (all) => all.length >= before + CLIENTS.length,
      );
      const served = records.slice(-CLIENTS.length).map(({ backend }) => backend);
      assertEquals(served, CLIENTS.map(() => well.name));
    }
    assertEquals(await weir.stop(), 0);
    assert(!weir.log.includes("no longer ejected"), weir.log);
  },
);

permittedTest(
  NEEDS,
  "checks that pass bring a backend back that could not be connected",
  async () => {
    await using well = new TestBackend(echo);
    const sick = new TestBackend(echo);
    const { name, port: sickPort } = sick;
    const { text, listeners } = bothEngines({
      backends: [name, well.name],
      options: {
        ...{ ...OPTIONS, health_check: "tcp", health_interval: "1s", health_fall: 1000 },
        fail_timeout: "1h",
      },
    });
    await using weir = await ReloadableWeir.start(text);
    await sick[Symbol.asyncDispose]();
    for (const { key, port } of listeners) {
      for (let session = 0; session < 6; session++) await ping(port);
      await weir.logged(
        new RegExp(`pool ${key} is ejected for .*3 connections in a row failed`),
      );
    }
    await using _mended = new TestBackend(echo, { port: sickPort });
    for (const { key } of listeners) {
      await weir.logged(
        new RegExp(`pool ${key} is no longer ejected: a health check passed`),
      );
    }
    assertEquals(await weir.stop(), 0);
  },
);

/** The exchange in a session with a recovered backend. */
interface Recovery {
  readonly name: string;
  readonly said: string;
  readonly answered: boolean;
}

const RECOVERIES: readonly Recovery[] = [
  { name: "takes everything and never sends a byte", said: "a line of a log", answered: false },
  { name: "waits for clients that say nothing", said: "", answered: false },
  { name: "answers", said: "ping", answered: true },
];

for (const { name, said, answered } of RECOVERIES) {
  permittedTest(NEEDS, `a recovered backend that ${name} has its share soon`, async () => {
    let isWell = false;
    async function serve(end: ResettableEnd): Promise<void> {
      if (!isWell) return await end.reset();
      if (answered) {
        await end.receivedAtLeast(said.length);
        await end.send(end.received());
      }
      await end.ended;
      await end.close();
    }
    await using sick = await ResettableBackend.open(serve);
    await using other = await ResettableBackend.open(async (end) => {
      await end.ended;
      await end.close();
    });
    const { text, listeners } = bothEngines({
      backends: [sick.name, other.name],
      options: { ...OPTIONS, fail_timeout: "500ms" },
    });
    await using weir = await ReloadableWeir.start(text);
    await using open = new AsyncDisposableStack();
    /** Starts a session that stays open. */
    async function begin({ port }: EnginePort): Promise<void> {
      const client = await ResettableEnd.connect(port).catch((error) => {
        // A reset of the backend may be passed on before the client has seen that it was connected.
        assertEquals(error.code, "ECONNRESET");
      });
      if (client === undefined) return;
      open.defer(() => client.close());
      if (said !== "") void client.send(new TextEncoder().encode(said));
    }
    async function beginUntil(pattern: RegExp, listener: EnginePort): Promise<void> {
      const seen = weir.log.length;
      await eventually(String(pattern), async () => {
        if (pattern.test(weir.log.slice(seen))) return true;
        await begin(listener);
        await pause(50);
        return false;
      });
    }
    for (const listener of listeners) {
      isWell = false;
      await beginUntil(new RegExp(`${sick.name} of pool ${listener.key} is ejected`), listener);
      isWell = true;
      await beginUntil(
        new RegExp(`${listener.key} is no longer ejected: the trial session succeeded`),
        listener,
      );
      // Those that were started before must have arrived, too.
      await standstill(() => sick.accepted + other.accepted);
      const before = [sick.accepted, other.accepted];
      for (let session = 0; session < 20; session++) await begin(listener);
      await eventually(
        "all have come to a backend",
        () => sick.accepted + other.accepted === sum(before) + 20,
      );
      assertEquals(sick.accepted - (before[0] as number), 10);
    }
  });
}

async function sendGarbage(port: number): Promise<void> {
  const client = await ResettableEnd.connect(port);
  void client.send(new TextEncoder().encode(GARBAGE));
  await within("the reset", client.ended);
  await client.close();
}

/** Echoes the expected input, and resets the connection on anything else. */
async function answerPolitely(end: ResettableEnd): Promise<void> {
  await end.receivedAtLeast(POLITE.length);
  const said = new TextDecoder().decode(end.received());
  if (said !== POLITE) return await end.reset();
  await end.send(end.received());
  await end.ended;
  await end.close();
}

async function resetAfterInput(end: ResettableEnd): Promise<void> {
  try {
    await end.receivedAtLeast(1);
    await end.reset();
  } catch {
    // A check, which sends nothing.
    await end.close();
  }
}

/** One session of a client, whatever its outcome. */
async function visit(port: number, address: string): Promise<void> {
  const client = await ResettableEnd.connect(port, address);
  if (await client.send(new TextEncoder().encode(POLITE))) await client.finish();
  await within("the end", client.ended);
  await client.close();
}

async function ping(port: number): Promise<void> {
  using client = await SocketEnd.connect(port);
  await client.ping(POLITE);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
