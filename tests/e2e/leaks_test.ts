/** Sessions leave nothing behind. */
import { assertEquals } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { howMany } from "../support/long_tests.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { countDescriptors, residentBytes } from "../support/process_figures.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["all"] as const;
const FIRST = 2_000;
const CONNECTIONS = howMany(10_000, 500_000);
const CLIENTS = 50;
const MOST_GROWTH = 1.1;
/** V8 prefers growing to collecting garbage; what is left after this is really in use. */
const EAGER_COLLECTION = { DENO_V8_FLAGS: "--optimize-for-size" };

for (const engine of ["streams", "native"]) {
  permittedTest(
    NEEDS,
    `${engine}: ${CONNECTIONS} connections leave no file descriptor behind, and memory where it was`,
    async () => {
      await using backend = new TestBackend(echo);
      const port = freePort();
      const config = testConfig({
        port,
        backends: [backend.name],
        options: { workers: 2, engine },
      });
      await using weir = await WeirProcess.start(config, { env: EAGER_COLLECTION });
      const descriptors = countDescriptors(weir.pid);
      await connect(port, FIRST);
      await eventually("all are closed", () => countDescriptors(weir.pid) <= descriptors);
      const resident = residentBytes(weir.pid);
      await connect(port, CONNECTIONS - FIRST);
      await eventually("all are closed", () => countDescriptors(weir.pid) <= descriptors);
      await eventually(
        "the memory is where it was",
        () => residentBytes(weir.pid) <= resident * MOST_GROWTH,
      );
      assertEquals((await weir.stop()).code, 0);
    },
  );
}

async function connect(port: number, count: number): Promise<void> {
  let left = count;
  async function connectAgainAndAgain(): Promise<void> {
    while (left-- > 0) {
      using client = await SocketEnd.connect(port);
      await client.ping();
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, connectAgainAndAgain));
}
