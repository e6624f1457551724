/** Reloads of `workers` and `engine`: workers come and go while they have clients. */
import { assert, assertEquals, assertGreater, assertMatch, assertRejects } from "@std/assert";
import type { Settings } from "../../../lib/config/settings.ts";
import { ListenerCell, ListenerTally, PoolCell, PoolTally } from "../../../lib/state/counters.ts";
import { layoutFor, WORKER_SLOTS } from "../../../lib/state/layout.ts";
import type { Supervisor } from "../../../lib/supervisor/supervisor.ts";
import { echo } from "../../support/conducts.ts";
import { freePort } from "../../support/free_ports.ts";
import { nativeTest } from "../../support/native_test.ts";
import { eventually, pause, within } from "../../support/patience.ts";
import { SocketEnd } from "../../support/socket_end.ts";
import { TestBackend } from "../../support/test_backend.ts";
import { listenersAre, serveMany, settingsOf, TroubledWeir } from "./troubled_weir.ts";

const NEEDS = ["net", "read", "write", "ffi"] as const;
/** Enough for each worker to have some. */
const CLIENTS = 40;
/** Longer than the pause before the first restart of a worker. */
const AFTER_RESTART_MS = 500;

/** How the settings of a test differ from one worker of the engine, and one backend. */
interface Variation {
  readonly workers?: number;
  readonly engine?: string;
  readonly options?: readonly string[];
  readonly flags?: string;
}

function config(port: number, backend: TestBackend, variation: Variation): Settings {
  const { workers = 1, engine = "streams", options = [], flags = "" } = variation;
  return settingsOf([
    ...["[options]", `workers = ${workers}`, `engine = ${engine}`, "health_check = off"],
    ...options,
    ...["[mappings]", `127.0.0.1:${port} = ${backend.name} ${flags}`, ""],
  ].join("\n"));
}

async function connectAll(port: number): Promise<SocketEnd[]> {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => SocketEnd.connect(port)));
  await Promise.all(clients.map((client) => client.ping()));
  return clients;
}

async function slotsAre(weir: TroubledWeir, slots: readonly number[]): Promise<void> {
  await eventually(`the slots are ${slots}`, () => String(weir.slots) === String(slots));
}

function rowOf({ generation }: Supervisor): number {
  const row = generation.listeners[0]?.row;
  assert(row !== undefined);
  return row;
}

/** The sessions that each of the first slots has. */
function activeIn({ state }: Supervisor, row: number, slots: number): number[] {
  return Array.from(
    { length: slots },
    (_, slot) => state.listenerTally(slot, row, ListenerTally.active),
  );
}

async function areAlive(clients: readonly SocketEnd[]): Promise<number> {
  const answers = await within(
    "an answer or an end for each",
    Promise.all(clients.map((client) => client.ping().then(() => true, () => false))),
  );
  return answers.filter((isAlive) => isAlive).length;
}

for (const engine of ["streams", "native"]) {
  nativeTest(NEEDS, `${engine}: workers are added, and finish when there are fewer`, async () => {
    await using backend = new TestBackend(echo);
    const port = freePort();
    const of = (workers: number) => config(port, backend, { workers, engine });
    await using weir = await TroubledWeir.start(of(1));
    const { supervisor } = weir;
    const row = rowOf(supervisor);
    assertEquals(await supervisor.reload(of(3)), []);
    assertEquals(weir.slots, [0, 1, 2]);
    await listenersAre(port, 3);
    const clients = await connectAll(port);
    const active = activeIn(supervisor, row, 3);
    for (const count of active) assertGreater(count, 0);

    assertEquals(await supervisor.reload(of(1)), []);
    await listenersAre(port, 1);
    await serveMany(port);
    assertEquals(weir.slots, [0, 1, 2]);
    assertEquals([...supervisor.workers].map(({ isDraining }) => isDraining), [false, true, true]);
    // Their sessions have lost nothing, and count where they did.
    assertEquals(await areAlive(clients), CLIENTS);
    assertEquals(activeIn(supervisor, row, 3).slice(1), active.slice(1));

    // Slots are free again once their workers have ended; until then, others are taken.
    assertEquals(await supervisor.reload(of(2)), []);
    assertEquals(weir.slots, [0, 1, 2, 3]);
    await listenersAre(port, 2);
    for (const client of clients) client.close();
    await slotsAre(weir, [0, 3]);
    assertEquals(await supervisor.reload(of(3)), []);
    assertEquals(weir.slots, [0, 1, 3]);
    await serveMany(port);
    await eventually(
      "nobody is counted",
      () => supervisor.state.listenerCell(row, ListenerCell.active) === 0,
    );
    assertEquals(activeIn(supervisor, row, 4), [0, 0, 0, 0]);
    assertEquals(supervisor.state.listenerTallySum(row, ListenerTally.sockets), 3);
  });

  nativeTest(NEEDS, `${engine}: sessions of the surplus are cut after drain_timeout`, async () => {
    await using backend = new TestBackend(echo);
    const port = freePort();
    const of = (workers: number) =>
      config(port, backend, { workers, engine, options: ["drain_timeout = 200ms"] });
    await using weir = await TroubledWeir.start(of(2));
    const clients = await connectAll(port);
    const [kept = 0, cut = 0] = activeIn(weir.supervisor, rowOf(weir.supervisor), 2);
    assertGreater(cut, 0);
    assertEquals(await weir.supervisor.reload(of(1)), []);
    await slotsAre(weir, [0]);
    assertEquals(await areAlive(clients), kept);
    await weir.logged(new RegExp(`Worker 1 was not needed any more[^\\n]*, and ${cut} session`));
    for (const client of clients) client.close();
  });

  nativeTest(NEEDS, `${engine}: surplus that dies or hangs is not replaced`, async () => {
    await using backend = new TestBackend(echo);
    const port = freePort();
    const of = (workers: number) => config(port, backend, { workers, engine });
    await using weir = await TroubledWeir.start(of(3));
    const { supervisor } = weir;
    const clients = await connectAll(port);
    const [kept = 0] = activeIn(supervisor, rowOf(supervisor), 1);
    assertEquals(await supervisor.reload(of(1)), []);
    await weir.kill(1);
    await weir.logged(/Worker 1 died[^\n]*It was to end anyway/);
    supervisor.replace(2, "it does not move");
    await weir.logged(/Worker 2 was given up[^\n]*It was to end anyway/);
    await pause(AFTER_RESTART_MS);
    assertEquals(weir.slots, [0]);
    if (engine === "native") assertEquals(await areAlive(clients), kept);
    for (const client of clients) client.close();
    // The thread in slot 2 may still move.
    assertEquals(await supervisor.reload(of(3)), []);
    assertEquals(weir.slots, [0, 1, 3]);
    await serveMany(port);
  });

  nativeTest(NEEDS, `${engine}: a reload that fails adds no worker and ends none`, async () => {
    await using backend = new TestBackend(echo);
    const port = freePort();
    const of = (workers: number) => config(port, backend, { workers, engine });
    await using weir = await TroubledWeir.start(of(2));
    const { supervisor } = weir;
    for (const [workers, troubled] of [[3, 2], [3, 0], [1, 1]] as const) {
      weir.trouble(troubled, "prepare", "die before");
      const problems = await supervisor.reload(of(workers));
      assertMatch(JSON.stringify(problems), /told to die before prepare/);
      await slotsAre(weir, [0, 1]);
      await listenersAre(port, 2);
      await serveMany(port);
      assertEquals(supervisor.settings.workers, 2);
    }
    assertEquals(await supervisor.reload(of(4)), []);
    assertEquals(weir.slots, [0, 1, 2, 3]);
    await listenersAre(port, 4);
  });

  nativeTest(NEEDS, `${engine}: who waits in the surplus gets the backends of today`, async () => {
    await using old = new TestBackend(echo);
    await using fresh = new TestBackend(echo);
    const port = freePort();
    const of = (workers: number, backend: TestBackend) =>
      config(port, backend, {
        ...{ workers, engine, flags: "max_connections=1" },
        options: ["queue_timeout = 1m"],
      });
    await using weir = await TroubledWeir.start(of(2, old));
    const { supervisor } = weir;
    const poolRow = supervisor.generation.pools[0]?.row ?? -1;
    using held = await SocketEnd.connect(port);
    await held.ping();
    const waiting = await Promise.all(
      Array.from({ length: CLIENTS }, () => SocketEnd.connect(port)),
    );
    const queued = () => supervisor.state.pools.cell(poolRow, PoolCell.queued);
    await eventually("they wait", () => queued() === CLIENTS);
    assertGreater(supervisor.state.pools.tally(1, poolRow, PoolTally.queuedHere), 0);
    assertEquals(await supervisor.reload(of(1, old)), []);
    assertEquals(queued(), CLIENTS);

    assertEquals(await supervisor.reload(of(1, fresh)), []);
    // One after the other, whichever worker has them.
    await within(
      "all are served",
      Promise.all(waiting.map(async (client) => {
        await client.ping();
        client.close();
      })),
    );
    assertEquals([old.accepted, fresh.accepted], [1, CLIENTS]);
    held.close();
    await slotsAre(weir, [0]);
    await eventually(
      "the old backend has gone",
      () => supervisor.planner.leaving().pools.length === 0,
    );
    assertEquals(queued(), 0);
    await serveMany(port);
  });

  nativeTest(
    NEEDS,
    `${engine}: a stop waits for the surplus, and no longer than for all`,
    async () => {
      await using backend = new TestBackend(echo);
      const port = freePort();
      const of = (workers: number, timeout: string) =>
        config(port, backend, { workers, engine, options: [`drain_timeout = ${timeout}`] });
      await using weir = await TroubledWeir.start(of(2, "1h"));
      const { supervisor } = weir;
      const clients = await connectAll(port);
      assertEquals(await supervisor.reload(of(1, "1h")), []);
      assertEquals(await supervisor.reload(of(1, "100ms")), []);
      assertEquals(await areAlive(clients), CLIENTS);
      assertEquals(await within("the stop", supervisor.drain()), CLIENTS);
      assertEquals(await areAlive(clients), 0);
      for (const client of clients) client.close();
    },
  );

  nativeTest(NEEDS, `${engine}: a listener moves to the other engine and back`, async () => {
    await using backend = new TestBackend(echo);
    const port = freePort();
    const other = engine === "streams" ? "native" : "streams";
    const on = (engine: string) => config(port, backend, { workers: 2, engine });
    await using weir = await TroubledWeir.start(on(engine));
    const { supervisor } = weir;
    const row = rowOf(supervisor);
    const sockets = () => supervisor.state.listenerTallySum(row, ListenerTally.sockets);
    const clients = await connectAll(port);

    assertEquals(await supervisor.reload(on(other)), []);
    assertMatch(weir.log, new RegExp(`has moved to engine ${other} \\(as configured\\)`));
    assertEquals(rowOf(supervisor), row);
    await listenersAre(port, 2);
    await serveMany(port);
    // As long as they have sessions, the other engine's workers stay.
    assertEquals(await areAlive(clients), CLIENTS);
    assertEquals([weir.slots, sockets()], [[0, 1, 2, 3], 2]);

    // Back before they have ended, and again when they have.
    assertEquals(await supervisor.reload(on(engine)), []);
    await slotsAre(weir, [0, 1]);
    await listenersAre(port, 2);
    await serveMany(port);
    assertEquals(await areAlive(clients), CLIENTS);
    assertEquals(await supervisor.reload(on(other)), []);
    for (const client of clients) client.close();
    await slotsAre(weir, [2, 3]);
    await listenersAre(port, 2);
    await serveMany(port);
    assertEquals(sockets(), 2);
    await eventually(
      "nobody is counted",
      () => supervisor.state.listenerCell(row, ListenerCell.active) === 0,
    );
    assertEquals(activeIn(supervisor, row, 4), [0, 0, 0, 0]);
  });

  for (const type of ["prepare", "commit"] as const) {
    nativeTest(
      NEEDS,
      `${engine}: a worker that dies before ${type} of a move leaves the listener served`,
      async () => {
        await using backend = new TestBackend(echo);
        const port = freePort();
        const other = engine === "streams" ? "native" : "streams";
        const on = (engine: string) => config(port, backend, { workers: 2, engine });
        await using weir = await TroubledWeir.start(on(engine));
        weir.trouble(2, type, "die before");
        const problems = await weir.supervisor.reload(on(other));
        if (type === "prepare") {
          assertMatch(JSON.stringify(problems), /told to die before prepare/);
          assertEquals(weir.slots, [0, 1]);
          await serveMany(port);
          assertEquals(await weir.supervisor.reload(on(other)), []);
        } else {
          assertEquals(problems, []);
          await weir.logged(/Worker 2 serves again/);
        }
        await slotsAre(weir, [2, 3]);
        await listenersAre(port, 2);
        await serveMany(port);
      },
    );
  }
}

nativeTest(NEEDS, "both engines' clients share a listener's places during a move", async () => {
  await using backend = new TestBackend(echo);
  const port = freePort();
  const limit = CLIENTS + 5;
  const on = (engine: string) =>
    config(port, backend, { workers: 2, engine, options: [`max_connections = ${limit}`] });
  await using weir = await TroubledWeir.start(on("streams"));
  const { supervisor } = weir;
  const clients = await connectAll(port);
  assertEquals(await supervisor.reload(on("native")), []);
  await listenersAre(port, 2);
  const others = await Promise.all(
    Array.from({ length: CLIENTS }, () => SocketEnd.connect(port)),
  );
  assertEquals(await areAlive(others), limit - CLIENTS);
  assertEquals(await areAlive(clients), CLIENTS);
  const row = rowOf(supervisor);
  assertEquals(supervisor.state.listenerCell(row, ListenerCell.active), limit);
  for (const client of [...clients, ...others]) client.close();
  await slotsAre(weir, [2, 3]);
  await eventually(
    "nobody is counted",
    () => supervisor.state.listenerCell(row, ListenerCell.active) === 0,
  );
});

nativeTest(
  NEEDS,
  "only streams closes a socket while clients can still enter its queue",
  async () => {
    await using backend = new TestBackend(echo);
    const port = freePort();
    const on = (engine: string) => config(port, backend, { workers: 2, engine });
    await using weir = await TroubledWeir.start(on("native"));
    const { state } = weir.supervisor;
    const row = rowOf(weir.supervisor);
    const openCloses = () => state.listenerTallySum(row, ListenerTally.openCloses);
    assertEquals(await weir.supervisor.reload(on("streams")), []);
    await slotsAre(weir, [2, 3]);
    assertEquals(openCloses(), 0);
    assertEquals(await weir.supervisor.reload(on("native")), []);
    await slotsAre(weir, [0, 1]);
    assertEquals(openCloses(), 2);
  },
);

nativeTest(
  NEEDS,
  "a system that is short of memory has room for fewer workers, but for all",
  async () => {
    const { SharedArrayBuffer: System } = globalThis;
    const mostBytes = layoutFor(WORKER_SLOTS).byteLength / 3;
    globalThis.SharedArrayBuffer = class extends System {
      constructor(bytes: number) {
        if (bytes > mostBytes) throw new RangeError("Array buffer allocation failed");
        super(bytes);
      }
    } as SharedArrayBufferConstructor;
    try {
      await using backend = new TestBackend(echo);
      const port = freePort();
      await using weir = await TroubledWeir.start(config(port, backend, { workers: 2 }));
      const { workerSlots } = weir.supervisor.state.layout;
      assertEquals(workerSlots, Math.floor(WORKER_SLOTS / 4));
      assertEquals(await weir.supervisor.reload(config(port, backend, { workers: 3 })), []);
      await assertRejects(
        () => weir.supervisor.reload(config(port, backend, { workers: 64 })),
        RangeError,
        "no room for so many workers",
      );
      assertEquals(weir.slots, [0, 1, 2]);
      await serveMany(port);
    } finally {
      globalThis.SharedArrayBuffer = System;
    }
  },
);
