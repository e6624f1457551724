/**
 * What the log says about backends that come and go: enough about each, and not too much in all.
 */
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { BackendProcess } from "../support/backend_process.ts";
import { freePort } from "../support/free_ports.ts";
import { permittedTest } from "../support/permitted.ts";
import { testConfig } from "../support/test_config.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
const MANY = 1000;
const OPTIONS = {
  workers: 1,
  log_format: "json",
  health_interval: "50ms",
  health_rise: 1,
  health_fall: 1,
};

interface Line {
  readonly level: string;
  readonly category: string;
  readonly message: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** The lines about health; the last one of a log may be half written. */
function healthLines(log: string): Line[] {
  return log.slice(0, log.lastIndexOf("\n")).split("\n").map((line) => JSON.parse(line) as Line)
    .filter(({ category }) => category === "health");
}

permittedTest(NEEDS, "the log warns of a pool that has lost its last backend", async () => {
  const [backend] = await BackendProcess.startMany(1) as [BackendProcess];
  await using _running = backend;
  const port = freePort();
  const config = testConfig({ port, backends: [backend.name], options: OPTIONS });
  await using weir = await WeirProcess.start(config);
  const key = `127.0.0.1:${port}`;
  await backend.stop();
  await weir.logged(/has no backend left that takes sessions/);
  await backend.start();
  await weir.logged(/has a backend that takes sessions again/);
  await weir.stop();
  const lines = healthLines(weir.stderr).map(({ level, properties }): Record<string, unknown> => {
    const { text: _text, ...about } = properties;
    return { level, ...about };
  });
  assertEquals(lines, [
    { level: "warning", pool: key, backend: backend.name, state: "down" },
    { level: "warning", pool: key, state: "lost" },
    { level: "info", pool: key, backend: backend.name, state: "up" },
    { level: "info", pool: key, state: "served" },
  ]);
});

permittedTest(NEEDS, `${MANY} backends that are down together take a few lines`, async () => {
  const [port, closed] = [freePort(), freePort()];
  const backends = Array.from({ length: MANY }, (_, i) => `127.9.${i >> 8}.${i & 255}:${closed}`);
  await using weir = await WeirProcess.start(testConfig({ port, backends, options: OPTIONS }));
  await weir.logged(/has no backend left that takes sessions/);
  await weir.logged(/more backends went down/);
  await weir.stop();
  const lines = healthLines(weir.stderr);
  assertLessOrEqual(lines.length, 40, weir.stderr);
  const sums = lines.map(({ message }) => /^(\d+) more backends? went down: /.exec(message)?.[1]);
  const summedUp = sums.reduce((sum, count) => sum + Number(count ?? 0), 0);
  const single = lines.filter(({ properties: { backend } }) => backend !== undefined).length;
  assertEquals(summedUp + single, MANY, lines.map(({ message }) => message).join("\n"));
  assert(lines.some(({ properties: { state } }) => state === "lost"));
});
