import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Settings } from "../../../lib/config/settings.ts";
import { echo } from "../../support/conducts.ts";
import { freePorts } from "../../support/free_ports.ts";
import { nativeTest } from "../../support/native_test.ts";
import { eventually, pause } from "../../support/patience.ts";
import { TestBackend } from "../../support/test_backend.ts";
import { listenersAre, serveMany, settingsOf, TroubledWeir } from "./troubled_weir.ts";

const NEEDS = ["net", "read", "write", "ffi"] as const;
/** Longer than the pause before the first restart of a worker. */
const AFTER_RESTART_MS = 500;

/**
 * Settings with a listener for each port, all on the same backend.
 *
 * @param nativePort served by the native engine, whatever `engine` says
 */
function config(
  backend: TestBackend,
  engine: string,
  ports: readonly number[],
  nativePort = 0,
): Settings {
  return settingsOf([
    "[options]",
    "workers = 2",
    `engine = ${engine}`,
    "health_check = off",
    "[mappings]",
    ...ports.map((port) => `127.0.0.1:${port} = ${backend.name}`),
    ...(nativePort === 0 ? [] : [`[options 127.0.0.1:${nativePort}]`, "engine = native"]),
    "",
  ].join("\n"));
}

for (const engine of ["streams", "native"]) {
  nativeTest(
    NEEDS,
    `Supervisor.reload() waits for a start in progress: ${engine}`,
    async () => {
      await using backend = new TestBackend(echo);
      const [port = 0, other = 0] = freePorts(2);
      await using weir = await TroubledWeir.create(config(backend, engine, [port]));
      const reloaded = config(backend, engine, [port, other]);
      const results = await Promise.all([
        weir.supervisor.start(),
        weir.supervisor.reload(reloaded),
      ]);
      assertEquals(results, [[], []]);
      await listenersAre(port, 2);
      await listenersAre(other, 2);
      await serveMany(port);
      await serveMany(other);
    },
  );

  nativeTest(NEEDS, `a reload while every worker is dead starts each once: ${engine}`, async () => {
    await using backend = new TestBackend(echo);
    const [port = 0, other = 0] = freePorts(2);
    await using weir = await TroubledWeir.start(config(backend, engine, [port]));
    await Promise.all([weir.kill(0), weir.kill(1)]);
    assertEquals(weir.slots, []);
    const reloaded = config(backend, engine, [port, other]);
    assertEquals(await weir.supervisor.reload(reloaded), []);
    assertEquals(weir.slots, [0, 1]);
    await pause(AFTER_RESTART_MS);
    await listenersAre(port, 2);
    await listenersAre(other, 2);
    await serveMany(port);
    await serveMany(other);
  });

  for (const [type, trouble] of [["prepare", "die before"], ["prepare", "die after"]] as const) {
    nativeTest(
      NEEDS,
      `a reload over which a worker is to ${trouble} ${type} changes nothing, or everything: ${engine}`,
      async () => {
        await using backend = new TestBackend(echo);
        const [port = 0, other = 0] = freePorts(2);
        await using weir = await TroubledWeir.start(config(backend, engine, [port]));
        weir.trouble(1, type, trouble);
        const reloaded = config(backend, engine, [port, other]);
        const problems = await weir.supervisor.reload(reloaded);
        await weir.logged(/Worker 1 serves again/);
        const expected = problems.length > 0 ? 0 : 2;
        await listenersAre(other, expected);
        assertEquals(weir.supervisor.settings.listeners.length, problems.length > 0 ? 1 : 2);
        assertEquals(weir.slots, [0, 1]);
        await listenersAre(port, 2);
        await serveMany(port);
        assertEquals(await weir.supervisor.reload(reloaded), []);
        await listenersAre(port, 2);
        await listenersAre(other, 2);
        await serveMany(other);
      },
    );
  }

  for (const trouble of ["die before", "die after"] as const) {
    nativeTest(
      NEEDS,
      `a reload over which a worker is to ${trouble} commit is in force: ${engine}`,
      async () => {
        await using backend = new TestBackend(echo);
        const [port = 0, going = 0, other = 0] = freePorts(3);
        await using weir = await TroubledWeir.start(config(backend, engine, [port, going]));
        weir.trouble(0, "commit", trouble);
        const reloaded = config(backend, engine, [port, other]);
        assertEquals(await weir.supervisor.reload(reloaded), []);
        await weir.logged(/Worker 0 serves again/);
        await listenersAre(going, 0);
        assertEquals(weir.slots, [0, 1]);
        await listenersAre(port, 2);
        await listenersAre(other, 2);
        await serveMany(port);
        await serveMany(other);
      },
    );
  }

  for (const type of ["prepare", "commit"] as const) {
    nativeTest(
      NEEDS,
      `Supervisor.start() starts nothing where a worker dies before ${type}: ${engine}`,
      async () => {
        await using backend = new TestBackend(echo);
        const [port = 0] = freePorts(1);
        await using weir = await TroubledWeir.create(config(backend, engine, [port]));
        weir.trouble(1, type, "die before");
        await assertRejects(() => weir.supervisor.start(), Error, `told to die before ${type}`);
        await pause(AFTER_RESTART_MS);
        assertEquals(weir.slots, []);
        await listenersAre(port, 0);
      },
    );
  }

  nativeTest(NEEDS, `a worker that dies right after its start is replaced: ${engine}`, async () => {
    await using backend = new TestBackend(echo);
    const [port = 0] = freePorts(1);
    await using weir = await TroubledWeir.create(config(backend, engine, [port]));
    weir.trouble(0, "commit", "die after");
    await weir.supervisor.start();
    await weir.logged(/Worker 0 serves again/);
    assertEquals(weir.slots, [0, 1]);
    await listenersAre(port, 2);
    await serveMany(port);
  });

  nativeTest(NEEDS, `workers that hang at the same time are all replaced: ${engine}`, async () => {
    await using backend = new TestBackend(echo);
    const [port = 0] = freePorts(1);
    await using weir = await TroubledWeir.start(config(backend, engine, [port]));
    for (const slot of weir.slots) weir.supervisor.replace(slot, "it does not move");
    await eventually("two others serve", () => weir.log.split(" serves again").length === 3);
    assertEquals(weir.slots, [2, 3]);
    await listenersAre(port, 2);
    await serveMany(port);
    // They are dead now, so a reload does not find them: it assigns their slots to others, but not
    // those of the abandoned threads.
    await Promise.all([weir.kill(2), weir.kill(3)]);
    assertEquals(await weir.supervisor.reload(weir.supervisor.settings), []);
    assertEquals(weir.slots, [2, 3]);
    await serveMany(port);
  });

  nativeTest(
    NEEDS,
    `a worker that hangs over a reload holds it up until it is replaced: ${engine}`,
    async () => {
      await using backend = new TestBackend(echo);
      const [port = 0, other = 0] = freePorts(2);
      await using weir = await TroubledWeir.start(config(backend, engine, [port]));
      weir.trouble(1, "prepare", "hang");
      const reloaded = config(backend, engine, [port, other]);
      const reload = weir.supervisor.reload(reloaded);
      await weir.troubleHasCome(1, "prepare");
      weir.supervisor.replace(1, "it does not move");
      assertMatch(JSON.stringify(await reload), /The worker was given up/);
      await weir.logged(/Worker 2 serves again/);
      assertEquals(weir.slots, [0, 2]);
      await listenersAre(other, 0);
      assertEquals(await weir.supervisor.reload(reloaded), []);
      await listenersAre(other, 2);
      await serveMany(other);
    },
  );
}

nativeTest(NEEDS, "a restart that still waits does not come on top of a replacement", async () => {
  await using backend = new TestBackend(echo);
  const [port = 0] = freePorts(1);
  await using weir = await TroubledWeir.start(config(backend, "streams", [port]));
  // The pause before the restart grows with every consecutive death.
  for (let deaths = 1; deaths <= 4; deaths++) {
    await weir.kill(0);
    await eventually("it is back", () => weir.log.split("Worker 0 serves again").length > deaths);
  }
  await Promise.all([weir.kill(0), weir.kill(1)]);
  await weir.logged(/Worker 0 died[^\n]*replacement starts in 1600 ms/);
  assertEquals(await weir.supervisor.reload(config(backend, "streams", [port])), []);
  weir.supervisor.replace(0, "it does not move");
  await weir.logged(/Worker 2 serves again/);
  await pause(1600 + AFTER_RESTART_MS);
  assertEquals(weir.slots, [1, 2]);
  await listenersAre(port, 2);
  await serveMany(port);
});

nativeTest(NEEDS, "a worker that cannot be started is tried again", async () => {
  await using backend = new TestBackend(echo);
  const [port = 0, other = 0] = freePorts(2);
  await using weir = await TroubledWeir.start(config(backend, "streams", [port]));
  weir.refuseWorkers(2);
  await weir.kill(0);
  await weir.logged(/Worker 0 could not be started: told to have no room/);
  await weir.logged(/Worker 0 serves again/);
  assertEquals(weir.slots, [0, 1]);
  await listenersAre(port, 2);

  const mixed = config(backend, "streams", [port, other], other);
  weir.refuseWorkers(1);
  const problems = await weir.supervisor.reload(mixed);
  assertMatch(JSON.stringify(problems), /told to have no room/);
  assertEquals(weir.slots, [0, 1]);
  assertEquals(await weir.supervisor.reload(mixed), []);
  assertEquals(weir.slots, [0, 1, 2, 3]);
  await listenersAre(other, 2);
});

nativeTest(
  NEEDS,
  "a reload that fails over another engine's first worker leaves none of them",
  async () => {
    await using backend = new TestBackend(echo);
    const [port = 0, other = 0] = freePorts(2);
    await using weir = await TroubledWeir.start(config(backend, "streams", [port]));
    const mixed = config(backend, "streams", [port, other], other);
    weir.trouble(2, "prepare", "die before");
    const problems = await weir.supervisor.reload(mixed);
    assertMatch(JSON.stringify(problems), /told to die before prepare/);
    await pause(AFTER_RESTART_MS);
    assertEquals(weir.slots, [0, 1]);
    await listenersAre(other, 0);
    assertEquals(await weir.supervisor.reload(mixed), []);
    assertEquals(weir.slots, [0, 1, 2, 3]);
    await listenersAre(other, 2);
    await serveMany(other);
    // The engine loses its listener, and a worker; with a listener again it has all its workers.
    assertEquals(await weir.supervisor.reload(config(backend, "streams", [port])), []);
    await weir.kill(3);
    assertEquals(await weir.supervisor.reload(mixed), []);
    await pause(AFTER_RESTART_MS);
    assertEquals(weir.slots, [0, 1, 2, 3]);
    await listenersAre(other, 2);
    await serveMany(other);
  },
);
