/** Settings change under load, and no client of a remaining listener notices. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { limitDescriptors } from "../support/descriptor_limit.ts";
import { freePort, freePorts } from "../support/free_ports.ts";
import { Load } from "../support/load.ts";
import { howMany } from "../support/long_tests.ts";
import { eventually, pause, within } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { programTest } from "../support/program.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";
import { WeirProcess } from "../support/weir_process.ts";
import { PERMIT, quirkyMain } from "../support/worker_quirk.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
const RATE = 200;
const ROUNDS = howMany(10, 50);
const ALGORITHMS = [
  "random",
  "least_connections",
  "p2c",
  "least_time",
  "source_hash",
  "round_robin",
];

for (const engine of ["streams", "native"]) {
  permittedTest(
    NEEDS,
    `${engine}: reloads under load cost no client of a listener that stays anything`,
    async () => {
      await using first = new TestBackend(echo);
      await using second = new TestBackend(echo);
      await using third = new TestBackend(echo);
      const [port = 0, other = 0] = freePorts(2);
      const base = { workers: 2, engine, access_log: "FOLDER/access.log", log_format: "json" };

      function config(round: number, isWithOther: boolean): string {
        const algorithm = ALGORITHMS[round % ALGORITHMS.length] as string;
        const names = [`${first.name}:${1 + round % 3}`, second.name];
        if (round % 3 === 1) names.push(third.name);
        const text = testConfig({ port, backends: names, options: { ...base, algorithm } });
        return isWithOther ? `${text}127.0.0.1:${other} = ${third.name}\n` : text;
      }

      await using weir = await ReloadableWeir.start(config(0, false));
      const load = new Load(port, RATE, askForEchoAlone);
      for (let round = 1; round <= ROUNDS; round++) {
        await eventually("clients come", () => load.started > round * 30);
        const isWithOther = round % 2 === 1;
        const told = await weir.reload(config(round, isWithOther));
        assertMatch(told, /Reloaded \(SIGHUP\)/);
        if (isWithOther) {
          using client = await SocketEnd.connect(other);
          await client.ping();
        } else {
          await eventually("the listener is gone", () => isRefused(other));
        }
        if (round !== 4) continue;
        const bad = `${config(round, false)}127.0.0.1:${other} = ${third.name} drian\n`;
        const told2 = await weir.reload(bad.replace("algorithm =", "algoritm ="));
        assertMatch(told2, /weir\.cfg:\d+:\d+: error: unknown key \\"algoritm\\"/);
        assertMatch(told2, /weir\.cfg:\d+:\d+: error: [^\n]*drian/);
        assertMatch(told2, /Reload \(SIGHUP\) failed: the old settings stay in force/);
        assert(await isRefused(other));
      }
      await load.stop();
      assertEquals(load.failed, [], weir.log);
      const records = await weir.recordsWhen(
        "every session is logged",
        (all) => all.filter(isOf(port)).length === load.started,
      );
      assertEquals(records.filter(({ close_code }) => close_code !== "--"), []);
      assert(third.accepted > 0);
      assertEquals(await weir.stop(), 0);
    },
  );
}

for (const engine of ["streams", "native"]) {
  permittedTest(
    NEEDS,
    `${engine}: a listener can be removed and come back at once, and its sessions go on`,
    async () => {
      await using backend = new TestBackend(echo);
      const [port = 0, other = 0] = freePorts(2);
      const options = { workers: 2, engine, health_check: "off" };
      const without = testConfig({ port, backends: [backend.name], options });
      const withOther = `${without}127.0.0.1:${other} = ${backend.name}\n`;
      await using weir = await ReloadableWeir.start(withOther);
      using held = await SocketEnd.connect(other);
      await held.ping();
      for (let round = 0; round < 4; round++) {
        await weir.reload(without);
        assertMatch(await weir.reload(withOther), /Reloaded/);
        await ping(other);
        await held.ping("still here");
      }
    },
  );
}

permittedTest(NEEDS, "SIGHUP during the start is obeyed after it", async () => {
  await using backend = new TestBackend(echo);
  const [port = 0, other = 0] = freePorts(2);
  const folder = await Deno.makeTempDir({ prefix: "weir_test_" });
  const file = `${folder}/weir.cfg`;
  const options = { workers: 2, engine: "streams", health_check: "off" };
  const config = testConfig({ port, backends: [backend.name], options });
  await Deno.writeTextFile(file, `${config}127.0.0.1:${other} = ${backend.name}\n`);
  {
    await using weir = WeirProcess.spawn(["start", file], {
      cwd: folder,
      main: quirkyMain("late"),
    });
    await eventually("signals are obeyed", () => obeysSignals(weir.pid));
    for (let signals = 0; signals < 3; signals++) {
      weir.signal("SIGHUP");
      await pause(20);
    }
    // The start cannot go on before.
    await Deno.writeTextFile(`${folder}/${PERMIT}`, "");
    await weir.logged(/Weir \S+ is ready[^]*Reloaded \(SIGHUP\): 0 changes/);
    // Enough to hit a socket that no one accepts from.
    const clients = Array.from({ length: 40 }, (_, index) => ping(index % 2 === 0 ? port : other));
    await within("every client", Promise.all(clients));
    assertEquals((await weir.stop()).code, 0);
  }
  await Deno.remove(folder, { recursive: true });
});

permittedTest(NEEDS, "of many reloads at the same time the last one counts", async () => {
  await using backend = new TestBackend(echo);
  await using last = new TestBackend(echo);
  const port = freePort();
  const options = { workers: 2, health_check: "off" };
  await using weir = await ReloadableWeir.start(
    testConfig({ port, backends: [backend.name], options }),
  );
  for (let weight = 1; weight <= 20; weight++) {
    await weir.write(testConfig({ port, backends: [`${backend.name}:${weight}`], options }));
    weir.process.signal(weight % 2 === 0 ? "SIGHUP" : "SIGUSR1");
  }
  await weir.write(testConfig({ port, backends: [last.name], options }));
  weir.process.signal("SIGHUP");
  await eventually("sessions go to the new backend alone", async () => {
    const before = backend.accepted;
    for (let i = 0; i < 5; i++) {
      using client = await SocketEnd.connect(port);
      await client.ping();
    }
    return backend.accepted === before;
  });
  assertEquals(await weir.stop(), 0);
});

permittedTest(NEEDS, "SIGUSR1 reloads, and leaves no debugger open", async () => {
  await using backend = new TestBackend(echo);
  const port = freePort();
  const config = testConfig({ port, backends: [backend.name], options: { workers: 2 } });
  await using weir = await ReloadableWeir.start(config);
  for (let round = 1; round <= 3; round++) {
    await weir.reload(`${config}# ${round}\n`, "SIGUSR1");
    await eventually("the debugger's port is closed", () => isRefused(DEBUGGER_PORT));
  }
  using client = await SocketEnd.connect(port);
  await client.ping();
  await client.finish();
  assertEquals(await client.readAllText(), "");
  assertEquals(await weir.stop(), 0);
});

permittedTest(NEEDS, "what only a restart applies is said, and the rest is applied", async () => {
  await using first = new TestBackend(echo);
  await using second = new TestBackend(echo);
  const port = freePort();
  const options = { workers: 1, engine: "streams", health_check: "off" };
  await using weir = await ReloadableWeir.start(
    testConfig({ port, backends: [first.name], options }),
  );
  const changed = { ...options, bind_retry: "2s", admin: `127.0.0.1:${freePort()}` };
  const told = await weir.reload(
    testConfig({ port, backends: [second.name], options: changed }),
  );
  assertMatch(told, /"bind_retry" was changed, which only a restart can apply/);
  assertMatch(told, /"admin" was changed, which only a restart can apply/);
  using client = await SocketEnd.connect(port);
  await client.ping();
  assertEquals([first.accepted, second.accepted], [0, 1]);
});

programTest(
  "prlimit",
  NEEDS,
  "a reload that asks for more than the open files allow says so once",
  async () => {
    await using backend = new TestBackend(echo);
    const port = freePort();
    function config(options: Record<string, number>): string {
      const all = { workers: 1, max_connections: 10, ...options };
      return testConfig({ port, backends: [backend.name], options: all });
    }
    await using weir = await ReloadableWeir.start(config({}));
    await limitDescriptors(weir.process.pid, 4_000);
    const tooMany = { max_connections: 3_000 };
    const warnings = () => weir.log.split("This process may open 4000 files, but 3000 ").length - 1;
    await weir.reload(config(tooMany));
    await eventually("it is said", () => warnings() === 1);
    await weir.reload(config({ ...tooMany, retries: 1 }));
    await weir.reload(config({}));
    assertEquals(warnings(), 1);
    await weir.reload(config(tooMany));
    await eventually("it is said again", () => warnings() === 2);
  },
);

permittedTest(NEEDS, "watch = 1 follows the file, through editors that rename", async () => {
  await using first = new TestBackend(echo);
  await using second = new TestBackend(echo);
  const port = freePort();
  const options = { workers: 1, watch: 1, health_check: "off" };
  function config(backend: TestBackend, comment = ""): string {
    return `${testConfig({ port, backends: [backend.name], options })}${comment}`;
  }
  await using weir = await ReloadableWeir.start(config(first));
  await weir.replace(config(second));
  await weir.reloaded(1);
  await ping(port);
  await weir.write(config(first));
  await weir.reloaded(2);
  await ping(port);
  // A file that was renamed away and comes back is still followed.
  await weir.replace(config(second, "# again\n"));
  await weir.reloaded(3);
  await ping(port);
  assertEquals([first.accepted, second.accepted], [1, 2]);
  await weir.replace("[mappings]\nthis is wrong\n");
  await weir.reloaded(4);
  assertMatch(weir.log, /Reload \(the file was changed\) failed/);
  await ping(port);
  assertEquals(second.accepted, 3);
});

permittedTest(NEEDS, "a removed backend finishes its sessions and gets no new ones", async () => {
  await using going = new TestBackend(echo);
  await using staying = new TestBackend(echo);
  const port = freePort();
  const options = { workers: 2, health_check: "off", algorithm: "round_robin" };
  await using weir = await ReloadableWeir.start(
    testConfig({ port, backends: [going.name, staying.name], options }),
  );
  const clients = await Promise.all(Array.from({ length: 20 }, () => SocketEnd.connect(port)));
  await Promise.all(clients.map((client) => client.ping()));
  assertEquals([going.open, staying.open], [10, 10]);
  await weir.reload(testConfig({ port, backends: [staying.name], options }));
  for (let i = 0; i < 20; i++) await ping(port);
  assertEquals(going.accepted, 10);
  await Promise.all(clients.map((client) => client.ping("still here")));
  for (const client of clients) client.close();
  assertEquals(await weir.stop(), 0);
});

permittedTest(NEEDS, "a second Weir on the same port does not start", async () => {
  await using backend = new TestBackend(echo);
  const config = testConfig({ port: freePort(), backends: [backend.name] });
  await using _weir = await ReloadableWeir.start(config);
  const error = await assertRejects(() => ReloadableWeir.start(config), Error);
  assertMatch(error.message, /Could not bind listener [^\n]*(in use|EADDRINUSE)/);
});

for (const engine of ["streams", "native"]) {
  permittedTest(NEEDS, `${engine}: a reload during a drain brings no new listener`, async () => {
    await using backend = new TestBackend(echo);
    const [port = 0, other = 0] = freePorts(2);
    const config = testConfig({
      port,
      backends: [backend.name],
      options: { workers: 2, engine, health_check: "off" },
    });
    await using weir = await ReloadableWeir.start(config);
    using held = await SocketEnd.connect(port);
    await held.ping();
    weir.process.signal("SIGTERM");
    await eventually("connections are refused", () => isRefused(port));
    const told = await weir.reload(`${config}127.0.0.1:${other} = ${backend.name}\n`);
    assertMatch(told, /Weir is shutting down/);
    assert(await isRefused(other));
    await held.ping("still here");
    held.close();
    assertEquals((await weir.process.ending()).code, 0);
  });
}

permittedTest(NEEDS, "SIGUSR2 opens the access log anew, and no line is lost", async () => {
  await using backend = new TestBackend(echo);
  const port = freePort();
  const options = {
    ...{ workers: 2, health_check: "off" },
    ...{ access_log: "FOLDER/access.log", log_format: "json" },
  };
  await using weir = await ReloadableWeir.start(
    testConfig({ port, backends: [backend.name], options }),
  );
  const load = new Load(port, RATE, askForEchoAlone);
  const files = ["access.log"];
  for (let turn = 1; turn <= 4; turn++) {
    await eventually("there are sessions", () => load.succeeded > turn * 40);
    await Deno.rename(weir.path("access.log"), weir.path(`access.log.${turn}`));
    files.push(`access.log.${turn}`);
    weir.process.signal("SIGUSR2");
    await eventually("the file is there again", () => isFile(weir.path("access.log")));
  }
  await load.stop();
  assertEquals(load.failed, []);
  assertEquals(await weir.stop(), 0);
  const records = (await Promise.all(files.map((name) => weir.records(name)))).flat();
  assertEquals(records.length, load.started);
  assertEquals(new Set(records.map(({ client }) => client)).size, load.started);
});

/** SIGUSR2 in the masks of `/proc/PID/status`. */
const SIGUSR2_BIT = 1n << 11n;

/** Where Deno's debugger listens. */
const DEBUGGER_PORT = 9229;

/** No order for the backend is needed: an in-process one echoes everything. */
async function askForEchoAlone(client: SocketEnd, index: number): Promise<void> {
  await client.ping(`question ${index}`);
  await client.finish();
  if (await client.readAllText() !== "") throw new Error("Got something after the answer");
}

async function ping(port: number): Promise<void> {
  using client = await SocketEnd.connect(port);
  await client.ping();
}

function isOf(port: number): (record: { readonly listener: string }) => boolean {
  return ({ listener }) => listener === `127.0.0.1:${port}`;
}

async function isRefused(port: number): Promise<boolean> {
  try {
    (await SocketEnd.connect(port)).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}

/** Whether a process listens for signals: Weir starts listening for all of them, SIGUSR2 last. */
function obeysSignals(pid: number): boolean {
  const [, caught = "0"] =
    /^SigCgt:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`)) ?? [];
  return (BigInt(`0x${caught}`) & SIGUSR2_BIT) !== 0n;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
