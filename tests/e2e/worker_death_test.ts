/** A worker that dies takes its own sessions with it, and the others go on serving. */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { ENGINES_UNDER_TEST } from "../support/engines_under_test.ts";
import { Load } from "../support/load.ts";
import { DEADLY_BYTES } from "../support/overheard_port.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { RunningWeir } from "../support/running_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
const RATE = 200;
/** A request of at least this many bytes does not kill a worker. */
const HARMLESS = "?".repeat(DEADLY_BYTES);

for (const engine of ENGINES_UNDER_TEST) {
  permittedTest(
    NEEDS,
    `${engine.name}: under load a worker that throws is replaced while the other one serves`,
    async () => {
      await using backend = new TestBackend(echo);
      await using weir = await RunningWeir.start(engine, {
        backends: [backend.name],
        fragile: true,
      });
      const clients = await Promise.all(
        Array.from({ length: 30 }, () => SocketEnd.connect(weir.port)),
      );
      await Promise.all(clients.map((client) => client.ping(HARMLESS)));
      const load = new Load(weir.port, RATE, askForEchoAlone);
      using deadly = await SocketEnd.connect(weir.port);
      await deadly.ping("x".repeat(DEADLY_BYTES));
      deadly.close();
      await weir.logged(/Worker \d+ serves again/);
      const failedBefore = load.failed.length;
      const started = load.started;
      await eventually("many more clients came", () => load.succeeded > started + RATE);
      await load.stop();
      // The clients of the dead worker, in sessions or in its queue.
      assertLess(failedBefore, RATE / 4);
      assertEquals(load.failed.slice(failedBefore), []);

      const alive = await Promise.all(clients.map(isAlive));
      const survivors = alive.filter(Boolean).length;
      assertGreater(survivors, 0);
      assertLess(survivors, clients.length);
      for (const client of clients) client.close();
      await weir.activeIs(0);
      assertEquals(weir.books.busyRows, []);
      assert(/Worker \d+ died/.test(weir.log));
    },
  );
}

async function askForEchoAlone(client: SocketEnd, index: number): Promise<void> {
  await client.ping(`${HARMLESS} ${index}`);
  await client.finish();
  if (await client.readAllText() !== "") throw new Error("Got something after the answer");
}

async function isAlive(client: SocketEnd): Promise<boolean> {
  try {
    await client.ping(HARMLESS);
    return true;
  } catch {
    return false;
  }
}
