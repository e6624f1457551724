/** A listener that is removed and comes back again and again, while clients come all the time. */
// Runs alone: Weir allows its own sockets five seconds to close, which is short on a busy machine.
import { assertEquals, assertMatch } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { Load } from "../support/load.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { countDescriptors } from "../support/process_figures.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";
import { quirkyMain } from "../support/worker_quirk.ts";

const NEEDS = ["all"] as const;
/** Enough clients per second that a socket's queue is never found empty. */
const RATE = 400;
const ROUNDS = 6;

for (const engine of ["streams", "native"]) {
  permittedTest(
    NEEDS,
    `${engine}: a storm of reloads finds every address, on a slow machine too`,
    async () => {
      await using backend = new TestBackend(echo);
      const [port = 0, other = 0] = freePorts(2);
      const options = { workers: 2, engine, health_check: "off" };
      const without = testConfig({ port, backends: [backend.name], options });
      const withOther = `${without}127.0.0.1:${other} = ${backend.name}\n`;
      await using weir = await ReloadableWeir.start(withOther, { main: quirkyMain("slow") });
      const { pid } = weir.process;
      const before = countDescriptors(pid);
      const load = new Load(other, RATE, (client) => client.ping());
      for (let round = 1; round <= ROUNDS; round++) {
        await eventually("clients come", () => load.started > round * RATE / 4);
        assertMatch(await weir.reload(without), /Reloaded/);
        assertMatch(await weir.reload(withOther), /Reloaded/);
        await ping(other);
      }
      await load.stop();
      await ping(other);
      await eventually("its descriptors are as before", () => countDescriptors(pid) <= before);
      assertEquals(await weir.stop(), 0);
    },
  );
}

permittedTest(
  NEEDS,
  "a listener comes back on another engine once its sockets are closed",
  async () => {
    await using backend = new TestBackend(echo);
    const [port = 0, other = 0] = freePorts(2);
    const options = { workers: 2, engine: "streams", health_check: "off" };
    const without = testConfig({ port, backends: [backend.name], options });
    const withOther = `${without}127.0.0.1:${other} = ${backend.name}\n`;
    const onNative = `${withOther}[options 127.0.0.1:${other}]\nengine = native\n`;
    await using weir = await ReloadableWeir.start(withOther, { main: quirkyMain("slow") });
    using held = await SocketEnd.connect(other);
    await held.ping();
    const load = new Load(other, RATE, (client) => client.ping());
    await eventually("clients come", () => load.started > RATE / 4);
    for (const config of [onNative, withOther]) {
      assertMatch(await weir.reload(without), /Reloaded/);
      assertMatch(await weir.reload(config), /Reloaded/);
      await ping(other);
    }
    await load.stop();
    await held.ping("still here");
    held.close();
    assertEquals(await weir.stop(), 0);
  },
);

async function ping(port: number): Promise<void> {
  using client = await SocketEnd.connect(port);
  await client.ping();
}
