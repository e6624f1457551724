/** Backends are chosen exactly as configured, over several workers. */
import { assertEquals } from "@std/assert";
import { sayAndClose } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { permittedTest } from "../support/permitted.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env"] as const;
const CONNECTIONS = 3_000;
const CLIENTS = 50;

permittedTest(NEEDS, "weights give the smooth order, over two workers", async () => {
  await using a = new TestBackend(sayAndClose("a"));
  await using b = new TestBackend(sayAndClose("b"));
  await using c = new TestBackend(sayAndClose("c"));
  await using d = new TestBackend(sayAndClose("d"));
  const port = freePort();
  // Without spaces and without the listener's address, as in the original program's file.
  const mapping = [`${a.name}:3`, `${b.name}:1`, `${c.name}:2`, `${d.name}:1`].join(",");
  await using weir = await WeirProcess.start(
    `[options]\nbuffer_size=4096\nalgorithm=weighted_round_robin\nworkers=2\n` +
      `[mappings]\n${port}=${mapping}\n`,
  );
  let order = "";
  for (let i = 0; i < 21; i++) {
    using client = await SocketEnd.connect(port);
    order += await client.readAllText();
  }
  assertEquals(order, "acbadca".repeat(3));
  assertEquals((await weir.stop()).code, 0);
});

permittedTest(NEEDS, "50 clients at once get every backend equally often, exactly", async () => {
  await using a = new TestBackend(sayAndClose("a"));
  await using b = new TestBackend(sayAndClose("b"));
  await using c = new TestBackend(sayAndClose("c"));
  const port = freePort();
  const options = { workers: 2, algorithm: "round_robin", health_check: "off" };
  const config = testConfig({ port, backends: [a.name, b.name, c.name], options });
  await using weir = await WeirProcess.start(config);

  const answers: Record<string, number> = {};
  let left = CONNECTIONS;
  async function connectAgainAndAgain(): Promise<void> {
    while (left-- > 0) {
      using client = await SocketEnd.connect(port);
      const answer = await client.readAllText();
      answers[answer] = (answers[answer] ?? 0) + 1;
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, connectAgainAndAgain));
  const third = CONNECTIONS / 3;
  assertEquals(answers, { a: third, b: third, c: third });
  assertEquals([a.accepted, b.accepted, c.accepted], [third, third, third]);
  assertEquals((await weir.stop()).code, 0);
});
