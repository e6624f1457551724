/** Running out of file descriptors is a temporary error. */
import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { ENGINES } from "../support/both_engines.ts";
import { echo } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { eventually, pause } from "../support/patience.ts";
import { missingPermissions, permittedTest } from "../support/permitted.ts";
import { countDescriptors } from "../support/process_figures.ts";
import { isReset, SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["all"] as const;
const LIMIT = 256;
const CLIENTS = 400;
const MOST_CLOSED = CLIENTS / 8;

// `ulimit` would have to come before the process: `prlimit` sets the same two limits while it runs.
const prlimit = missingPermissions(NEEDS).length > 0 ? undefined : findProgram("prlimit");

if (prlimit === undefined) {
  Deno.test({
    name: "400 clients with 256 file descriptors (ignored: needs prlimit of util-linux)",
    ignore: true,
    fn: () => {},
  });
} else {
  permittedTest(
    NEEDS,
    `${CLIENTS} clients with ${LIMIT} file descriptors do no harm that lasts`,
    async () => {
      await using backend = new TestBackend(echo);
      const port = freePort();
      const config = testConfig({ port, backends: [backend.name], options: { workers: 2 } });
      await using weir = await WeirProcess.start(config);
      await limitDescriptors(prlimit, weir.pid, LIMIT);

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
    permittedTest(
      NEEDS,
      `${engine}: clients beyond ${limit} file descriptors wait, and are served in the end`,
      async () => {
        await using backend = new TestBackend(echo);
        const port = freePort();
        const options = { workers: 1, engine };
        const config = testConfig({ port, backends: [backend.name], options });
        await using weir = await WeirProcess.start(config);
        await limitDescriptors(prlimit, weir.pid, limit);
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

async function limitDescriptors(program: string, pid: number, limit: number): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args: ["--pid", String(pid), `--nofile=${limit}:${limit}`],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}

function findProgram(name: string): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return folders.map((folder) => `${folder}/${name}`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}
