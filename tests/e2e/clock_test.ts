/** The system's clock is set while Weir runs, and only what is displayed depends on it. */
import { assertEquals } from "@std/assert";
import type { StatusView } from "../../lib/admin/metrics/status_view.ts";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { eventually, pause, within } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { forgetSystemClock, setSystemClock } from "../support/settable_clock.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";
import { quirkyMain } from "../support/worker_quirk.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
const HOUR_MS = 3_600_000;
/** How much longer a client of another worker must have waited to be served first. */
const MUCH_LONGER_MS = 500;
/** Enough clients for each worker to have some. */
const CLIENTS = 20;

for (const engine of ["streams", "native"]) {
  permittedTest(
    NEEDS,
    `${engine}: an ejection lasts no longer when the clock is set back`,
    async () => {
      await using backend = new TestBackend(echo);
      const [port = 0, refusing = 0, admin = 0] = freePorts(3);
      const options = {
        ...{ workers: 2, engine, health_check: "off", admin: `127.0.0.1:${admin}` },
        ...{ algorithm: "round_robin", max_fails: 1, fail_timeout: "1s" },
      };
      const backends = [backend.name, `127.0.0.1:${refusing}`];
      await using weir = await ReloadableWeir.start(testConfig({ port, backends, options }), {
        main: quirkyMain("clock"),
      });
      const { pid } = weir.process;
      const condition = async () => {
        const status = await (await fetch(`http://127.0.0.1:${admin}/api/v1/status`)).json();
        return (status as StatusView).pools[0]?.backends[1]?.condition;
      };
      try {
        // An ejection may last for five minutes, so that four are no sign of a clock that was set.
        for (const aheadMs of [-240_000, HOUR_MS]) {
          await eventually("it is ejected", async () => {
            await ping(port);
            return await condition() === "ejected";
          });
          setSystemClock(pid, aheadMs);
          {
            await using recovered = new TestBackend(echo, { port: refusing });
            await eventually("it has been tried, and takes sessions", async () => {
              await ping(port);
              return recovered.accepted > 1 && await condition() === "up";
            });
          }
        }
        assertEquals(await weir.stop(), 0);
      } finally {
        forgetSystemClock(pid);
      }
    },
  );

  for (const [where, aheadMs] of [["back", -HOUR_MS], ["ahead", HOUR_MS]] as const) {
    permittedTest(
      NEEDS,
      `${engine}: who waits first is served first when the clock is set ${where}`,
      async () => {
        await using backend = new TestBackend(echo);
        const [port = 0] = freePorts(1);
        const options = { workers: 2, engine, health_check: "off", queue_timeout: "1m" };
        const backends = [`${backend.name} max_connections=1`];
        await using weir = await ReloadableWeir.start(testConfig({ port, backends, options }), {
          main: quirkyMain("clock"),
        });
        const { pid } = weir.process;
        try {
          for (let round = 0; round < 2; round++) {
            const held = await SocketEnd.connect(port);
            await held.ping();
            const served: number[] = [];
            const wait = async (index: number) => {
              using client = await SocketEnd.connect(port);
              await client.ping();
              served.push(index);
            };
            const first = wait(0);
            await pause(MUCH_LONGER_MS);
            setSystemClock(pid, aheadMs * (round + 1));
            const others = Array.from({ length: CLIENTS }, (_, index) => wait(index + 1));
            await pause(MUCH_LONGER_MS);
            assertEquals(served, []);
            held.close();
            await within("all to be served", Promise.all([first, ...others]));
            assertEquals([served[0], served.length], [0, 1 + CLIENTS]);
          }
          assertEquals(await weir.stop(), 0);
        } finally {
          forgetSystemClock(pid);
        }
      },
    );
  }
}

async function ping(port: number): Promise<void> {
  using client = await SocketEnd.connect(port);
  await client.ping();
}
