/** Running out of file descriptors is a temporary error. */
import { assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { ENGINES } from "../support/both_engines.ts";
import { echo } from "../support/conducts.ts";
import { limitDescriptors } from "../support/descriptor_limit.ts";
import { freePort } from "../support/free_ports.ts";
import { eventually, pause } from "../support/patience.ts";
import { countDescriptors } from "../support/process_figures.ts";
import { programTest } from "../support/program.ts";
import { isReset, SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["all"] as const;
const LIMIT = 256;
const CLIENTS = 400;
const MOST_CLOSED = CLIENTS / 8;

programTest(
  "prlimit",
  NEEDS,
  `${CLIENTS} clients with ${LIMIT} file descriptors do no harm that lasts`,
  async () => {
    await using backend = new TestBackend(echo);
    const port = freePort();
    const config = testConfig({ port, backends: [backend.name], options: { workers: 2 } });
    await using weir = await WeirProcess.start(config);
    await limitDescriptors(weir.pid, LIMIT);

    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, () => SocketEnd.connect(port)),
    );
    let served = 0;
    const answers = Promise.all(clients.map(async (client) => {
      if (await isServed(client)) served++;
    }));
    await weir.logged(/Could not (accept|connect)[^\n]*Too many open files/);
    // The others wait, or were closed.
    await eventually("some are served", () => served > 10);
    assertLessOrEqual(countDescriptors(weir.pid), LIMIT);
    for (const client of clients) client.close();
    await answers;

    await eventually("a new client is served", async () => {
      using client = await SocketEnd.connect(port);
      return await isServed(client);
    });
    const later = await Promise.all(Array.from({ length: 50 }, async () => {
      using client = await SocketEnd.connect(port);
      return await isServed(client);
    }));
    assertEquals(later.filter((served) => !served), []);
    const { code, stderr } = await weir.stop();
    assertEquals(code, 0, stderr);
  },
);

// One of the two leaves a single descriptor in the end, with which no session can be served.
for (
  const [engine, limit] of ENGINES.flatMap((each) => [[each, LIMIT], [each, LIMIT - 1]] as const)
) {
  programTest(
    "prlimit",
    NEEDS,
    `${engine}: clients beyond ${limit} file descriptors wait, and are served in the end`,
    async () => {
      await using backend = new TestBackend(echo);
      const port = freePort();
      const options = { workers: 1, engine };
      const config = testConfig({ port, backends: [backend.name], options });
      await using weir = await WeirProcess.start(config);
      await limitDescriptors(weir.pid, limit);
      const served = await Promise.all(Array.from({ length: CLIENTS }, async () => {
        using client = await SocketEnd.connect(port);
        const isDone = await isServed(client);
        // Each holds its session until many are waiting.
        if (isDone) await pause(500);
        return isDone;
      }));
      // Whether there are two descriptors shows only once one of them is taken, so that some are
      // closed.
      assertGreater(served.filter(Boolean).length, CLIENTS - MOST_CLOSED);
      assertEquals((await weir.stop()).code, 0);
    },
  );
}

async function isServed(client: SocketEnd): Promise<boolean> {
  try {
    await client.send("ping");
    return await client.readSome() !== undefined;
  } catch (error) {
    const closedHere = error instanceof Deno.errors.Interrupted ||
      error instanceof Deno.errors.BadResource;
    if (isReset(error) || closedHere) return false;
    throw error;
  }
}
