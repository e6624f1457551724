/** Names of backends, as the operating system knows them. */
import { assertEquals, assertMatch } from "@std/assert";
import { sayAndClose } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
const UNCHECKED = { health_check: "off", workers: 2, algorithm: "round_robin" };

for (const engine of ["streams", "native"]) {
  permittedTest(
    NEEDS,
    `${engine}: a name that is resolved again and again is served, through reloads too`,
    async () => {
      await using named = new TestBackend(sayAndClose("named"));
      await using other = new TestBackend(sayAndClose("other"));
      const port = freePort();
      const options = { ...UNCHECKED, engine, resolve: "200ms" };
      const config = testConfig({ port, backends: [`localhost:${named.port}`], options });
      await using weir = await ReloadableWeir.start(config);
      // Where localhost is ::1 too, that is a backend that nobody listens at.
      for (let i = 0; i < 4; i++) assertEquals(await ask(port), "named");
      const both = [`localhost:${named.port}`, other.name];
      await weir.reload(testConfig({ port, backends: both, options }));
      const answers = new Set<string>();
      for (let i = 0; i < 8; i++) answers.add(await ask(port));
      assertEquals([...answers].sort(), ["named", "other"]);
      await weir.reload(config);
      for (let i = 0; i < 4; i++) assertEquals(await ask(port), "named");
      assertEquals(await weir.stop(), 0);
    },
  );
}

permittedTest(NEEDS, "a name that nobody knows leaves the settings in force", async () => {
  await using backend = new TestBackend(sayAndClose("served"));
  const port = freePort();
  const config = testConfig({ port, backends: [backend.name], options: UNCHECKED });
  await using weir = await ReloadableWeir.start(config);
  const told = await weir.reload(
    testConfig({ port, backends: ["no-such-name.invalid:1"], options: UNCHECKED }),
  );
  assertMatch(told, /no-such-name\.invalid/);
  assertMatch(told, /failed: the old settings stay in force/);
  assertEquals(await ask(port), "served");
});

async function ask(port: number): Promise<string> {
  using client = await SocketEnd.connect(port);
  return await client.readAllText();
}
