/** Backends that come and go cost no client its answer, unless they die while serving it. */
import { assertEquals, assertGreater } from "@std/assert";
import { BackendProcess } from "../support/backend_process.ts";
import { freePort } from "../support/free_ports.ts";
import { Load } from "../support/load.ts";
import { howMany } from "../support/long_tests.ts";
import { pause } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir, type TimedRecord } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { testConfig } from "../support/test_config.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
const RATE = 200;
const STOPS = howMany(4, 20);
const KILLS = 2;
/** Active sessions at each kill, about a third of them with the backend that is killed. */
const HELD = 12;
const OPTIONS = {
  workers: 2,
  access_log: "FOLDER/access.log",
  log_format: "json",
  health_interval: "200ms",
  fail_timeout: "200ms",
};

for (const engine of ["streams", "native"]) {
  permittedTest(
    NEEDS,
    `${engine}: a backend that is stopped and started ${STOPS} times under load costs nobody anything`,
    async () => {
      const backends = await BackendProcess.startMany(3);
      await using stack = new AsyncDisposableStack();
      for (const backend of backends) stack.use(backend);
      const port = freePort();
      const names = backends.map(({ name }) => name);
      const config = testConfig({ port, backends: names, options: { ...OPTIONS, engine } });
      await using weir = await ReloadableWeir.start(config);
      const load = new Load(port, RATE);
      const flapping = backends[1] as BackendProcess;
      for (let stop = 0; stop < STOPS; stop++) {
        await pause(300);
        await flapping.stop();
        // Longer than the kernel waits before its first retry of a connection attempt.
        await pause(stop === 0 ? 1_300 : 200);
        await flapping.start();
      }
      await pause(300);
      await load.stop();
      assertEquals(load.failed, [], weir.log);
      assertGreater(load.succeeded, RATE);
      const records = await weir.recordsWhen(
        "every session is logged",
        (all) => all.length === load.started,
      );
      assertEquals(records.filter(({ close_code }) => close_code !== "--"), []);
      assertEquals(await weir.stop(), 0);
    },
  );

  permittedTest(
    NEEDS,
    `${engine}: a backend that is killed takes its own sessions with it and no others`,
    async () => {
      const backends = await BackendProcess.startMany(3);
      await using stack = new AsyncDisposableStack();
      for (const backend of backends) stack.use(backend);
      const port = freePort();
      const names = backends.map(({ name }) => name);
      const config = testConfig({ port, backends: names, options: { ...OPTIONS, engine } });
      await using weir = await ReloadableWeir.start(config);
      const load = new Load(port, RATE);
      const killed = backends[1] as BackendProcess;
      const held: Promise<void>[] = [];
      let broken = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        const senders = await Promise.all(
          Array.from({ length: HELD }, () => SocketEnd.connect(port)),
        );
        for (const sender of senders) stack.use(sender);
        held.push(...senders.map((sender) => sendUntilBrokenOff(sender).then(() => void broken++)));
        await pause(200);
        await killed.kill();
        await pause(300);
        await killed.start();
        const upAtMs = Date.now();
        await weir.recordsWhen(
          "the backend has sessions again",
          (all) =>
            all.some(({ backend, time }) => backend === killed.name && Date.parse(time) > upAtMs),
        );
      }
      await load.stop();
      const brokenByKills = broken;
      assertGreater(brokenByKills, 0);
      const lost = await weir.recordsWhen(
        "the sessions that it held are logged",
        (all) => all.filter(isLost).length >= brokenByKills,
      )
        .then((all) => all.filter(isLost));
      assertEquals(lost.filter(({ backend }) => backend !== killed.name), []);
      for (const { close_code, reason } of lost) {
        assertEquals([close_code, reason], ["SD", "backend aborted while relaying"]);
      }
      const ofKilled = (await weir.records()).filter(({ backend }) => backend === killed.name);
      const ports = new Set(ofKilled.map(({ client }) => Number(client.split(":")[1])));
      assertEquals(load.failed.filter((outcome) => !ports.has(outcome.port)), []);
      await stack.disposeAsync();
      await Promise.all(held);
      assertEquals(await weir.stop(), 0);
    },
  );
}

function isLost({ close_code }: TimedRecord): boolean {
  return close_code !== "--";
}

/** Sends all the time: a dead backend answers that with a reset. */
async function sendUntilBrokenOff(sender: SocketEnd): Promise<void> {
  try {
    await sender.send("sink\n");
    for (;;) {
      await sender.send("something");
      await pause(5);
    }
  } catch {
    // Reset, or closed at the end of the test.
  }
}
