/** Workers that die while they have sessions of what was removed. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import type { Settings } from "../../../lib/config/settings.ts";
import { BackendCell, ListenerCell, ListenerTally } from "../../../lib/state/counters.ts";
import type { Supervisor } from "../../../lib/supervisor/supervisor.ts";
import { echo } from "../../support/conducts.ts";
import { freePorts } from "../../support/free_ports.ts";
import { nativeTest } from "../../support/native_test.ts";
import { eventually } from "../../support/patience.ts";
import { SocketEnd } from "../../support/socket_end.ts";
import { TestBackend } from "../../support/test_backend.ts";
import { listenersAre, serveMany, settingsOf, TroubledWeir } from "./troubled_weir.ts";

const NEEDS = ["net", "read", "write", "ffi"] as const;
/** Enough for each worker to have some. */
const CLIENTS = 20;

function config(engine: string, backends: readonly TestBackend[], ports: number[]): Settings {
  const names = backends.map(({ name }) => name).join(", ");
  return settingsOf([
    ...["[options]", "workers = 2", `engine = ${engine}`, "health_check = off"],
    ...["[mappings]", ...ports.map((port) => `127.0.0.1:${port} = ${names}`), ""],
  ].join("\n"));
}

/** What is leaving: the sessions of each listener, and of its backends that do. */
function leaving({ planner, state }: Supervisor): number[][] {
  return planner.leaving().map(({ rows }) => [
    state.listenerCell(rows.listener, ListenerCell.active),
    ...rows.backends.map((row) => state.backendCell(row, BackendCell.active)),
  ]);
}

for (const engine of ["streams", "native"]) {
  nativeTest(NEEDS, `${engine}: a worker's death lets go of what was leaving`, async () => {
    await using first = new TestBackend(echo);
    await using second = new TestBackend(echo);
    const [port = 0, other = 0] = freePorts(2);
    const both = config(engine, [first, second], [port, other]);
    await using weir = await TroubledWeir.start(both);
    const { supervisor } = weir;
    const { state } = supervisor;
    const rows = supervisor.generation.listeners[1]?.rows;
    assert(rows !== undefined);
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, () => SocketEnd.connect(other)),
    );
    await Promise.all(clients.map((client) => client.ping()));
    await supervisor.reload(config(engine, [first, second], [port]));
    await listenersAre(other, 0);
    assertEquals(leaving(supervisor), [[CLIENTS, CLIENTS / 2, CLIENTS / 2]]);

    const ofFirst = state.listenerTally(0, rows.listener, ListenerTally.active);
    assertGreater(ofFirst, 0);
    await weir.kill(0);
    assertEquals(leaving(supervisor)[0]?.[0], CLIENTS - ofFirst);
    await weir.kill(1);
    assertEquals(leaving(supervisor), []);
    await weir.logged(/Worker 0 serves again/);
    await weir.logged(/Worker 1 serves again/);
    for (const client of clients) client.close();

    // Nothing is left in the counts, and the rows are free again.
    assertEquals(await supervisor.reload(both), []);
    assertEquals(supervisor.generation.listeners[1]?.rows.listener, rows.listener);
    await serveMany(other);
    await eventually(
      "all sessions have ended",
      () =>
        [ListenerCell.active, ListenerCell.queued].every((cell) =>
          state.listenerCell(rows.listener, cell) === 0
        ),
    );
    await supervisor.reload(config(engine, [first, second], [port]));
    await eventually("nothing is leaving", () => leaving(supervisor).length === 0);
  });

  nativeTest(
    NEEDS,
    `${engine}: clients of an earlier life wait for the new one's backends`,
    async () => {
      await using old = new TestBackend(echo);
      await using fresh = new TestBackend(echo);
      const [port = 0, other = 0] = freePorts(2);
      const listener = (backend: TestBackend) =>
        settingsOf([
          ...["[options]", "workers = 1", `engine = ${engine}`, "health_check = off"],
          ...["queue_timeout = 1m", "[mappings]", `127.0.0.1:${port} = ${old.name}`],
          `127.0.0.1:${other} = ${backend.name} max_connections=1`,
          "",
        ].join("\n"));
      await using weir = await TroubledWeir.start(listener(old));
      const { supervisor } = weir;
      using held = await SocketEnd.connect(other);
      await held.ping();
      using waiting = await SocketEnd.connect(other);
      await waiting.send("ping");
      const row = supervisor.generation.listeners[1]?.rows.listener ?? -1;
      await eventually(
        "it waits",
        () => supervisor.state.listenerCell(row, ListenerCell.queued) === 1,
      );
      await supervisor.reload(config(engine, [old], [port]));
      await listenersAre(other, 0);
      assertEquals(leaving(supervisor), [[2, 1]]);

      // The listener has other sockets and another backend now, and one queue.
      await supervisor.reload(listener(fresh));
      assertEquals(supervisor.generation.listeners[1]?.rows.listener, row);
      assertEquals(leaving(supervisor), [[2, 1]]);
      assertEquals(await waiting.readText("ping".length), "ping");
      assertEquals([old.open, fresh.open], [1, 1]);
      await held.ping("still here");
      held.close();
      await eventually("the old backend has gone", () => leaving(supervisor).length === 0);
      waiting.close();
    },
  );
}
