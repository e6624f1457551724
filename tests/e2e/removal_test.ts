/** Clients accepted before a listener was closed are served, however fast they come. */
import { assert, assertEquals } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { Load } from "../support/load.ts";
import { nativeTest } from "../support/native_test.ts";
import { eventually } from "../support/patience.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
const RATE = 400;
const ROUNDS = 5;
/** Clients that come before the listener is closed, and after. */
const ENOUGH = 100;
const REFUSED = /refused/i;

/** Deno cannot stop a socket from accepting new clients: `streams` can only close it quickly. */
nativeTest(
  NEEDS,
  "native: removing a listener under load resets nobody who was let in",
  async () => {
    await using backend = new TestBackend(echo);
    const [port = 0, other = 0] = freePorts(2);
    const options = { workers: 2, engine: "native", health_check: "off" };
    const without = testConfig({ port, backends: [backend.name], options });
    const withOther = `${without}127.0.0.1:${other} = ${backend.name}\n`;
    await using weir = await ReloadableWeir.start(without);
    for (let round = 0; round < ROUNDS; round++) {
      await weir.reload(withOther);
      const load = new Load(other, RATE, (client) => client.ping());
      await eventually("clients come", () => load.started > ENOUGH);
      await weir.reload(without);
      await eventually("clients are refused", () => load.failed.length > ENOUGH);
      await load.stop();
      assert(load.succeeded > 0);
      assertEquals(load.failed.filter(({ problem = "" }) => !REFUSED.test(problem)), []);
    }
    assertEquals(await weir.stop(), 0);
  },
);

nativeTest(
  NEEDS,
  "native: a shutdown under load resets nobody who was let in",
  async () => {
    await using backend = new TestBackend(echo);
    const [port = 0] = freePorts(1);
    const options = { workers: 2, engine: "native", health_check: "off" };
    await using weir = await ReloadableWeir.start(
      testConfig({ port, backends: [backend.name], options }),
    );
    const load = new Load(port, RATE, (client) => client.ping());
    await eventually("clients come", () => load.started > ENOUGH);
    assertEquals(await weir.stop(), 0);
    await eventually("clients are refused", () => load.failed.length > ENOUGH);
    await load.stop();
    assert(load.succeeded > 0);
    assertEquals(load.failed.filter(({ problem = "" }) => !REFUSED.test(problem)), []);
  },
);
