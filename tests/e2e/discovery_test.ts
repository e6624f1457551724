/** Names of backends, as the operating system resolves them. */
import { assertEquals, assertMatch } from "@std/assert";
import { sayAndClose } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";
import { WeirProcess } from "../support/weir_process.ts";

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
      // Where localhost is ::1 too, that is a backend where nothing listens.
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

permittedTest(
  NEEDS,
  "a listener whose names nobody knows starts only where that is allowed",
  async () => {
    const port = freePort();
    function configOf(options: Record<string, string | number>): string {
      const backends = ["no-such-name.invalid:1"];
      return testConfig({ port, backends, options: { ...UNCHECKED, ...options } });
    }
    const folder = await Deno.makeTempDir({ prefix: "weir_test_" });
    try {
      const file = `${folder}/weir.cfg`;
      await Deno.writeTextFile(file, configOf({}));
      const started = await WeirProcess.run(["start", file], { readable: [folder] });
      assertEquals(started.code, 1);
      assertMatch(
        started.stderr,
        /no backend, because none of its names could be resolved .*allow_empty is 0/,
      );
      const checked = await WeirProcess.run(["check", file, "--resolve"], { task: "check" });
      assertEquals(checked.code, 1);
      assertMatch(
        checked.stderr,
        /error: pool \S+ has no backend, .*\n1 error: Weir would not start/,
      );
      const unasked = await WeirProcess.run(["check", file], { task: "check" });
      assertEquals([unasked.code, unasked.stderr], [0, ""]);

      await Deno.writeTextFile(file, configOf({ allow_empty: 1 }));
      const allowed = await WeirProcess.run(["check", file, "--resolve", "--json"], {
        task: "check",
      });
      assertEquals(allowed.code, 0);
      const { valid, diagnostics: [warning] } = JSON.parse(allowed.stdout);
      assertEquals([valid, warning.severity, warning.line], [true, "warning", 0]);
      assertMatch(
        warning.message,
        /^could not resolve backend no-such-name\.invalid:1 of pool/,
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    await using weir = await ReloadableWeir.start(configOf({ allow_empty: 1 }));
    using client = await SocketEnd.connect(port);
    assertEquals((await client.readAll()).length, 0);
    assertEquals(await weir.stop(), 0);
  },
);

async function ask(port: number): Promise<string> {
  using client = await SocketEnd.connect(port);
  return await client.readAllText();
}
