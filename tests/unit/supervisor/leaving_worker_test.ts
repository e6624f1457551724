/** Workers that die while they have sessions of what was removed. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import type { Settings } from "../../../lib/config/settings.ts";
import {
  BackendCell,
  ListenerCell,
  ListenerTally,
  PoolCell,
  PoolTally,
} from "../../../lib/state/counters.ts";
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

/** The sessions of what is leaving. */
interface LeavingSessions {
  /** Of each listener. */
  readonly listeners: readonly number[];
  /** Of each pool, and of those of its backends that are leaving. */
  readonly pools: readonly (readonly number[])[];
}

const NOTHING: LeavingSessions = { listeners: [], pools: [] };

function leaving({ planner, state }: Supervisor): LeavingSessions {
  const { listeners, pools } = planner.leaving();
  return {
    listeners: listeners.map(({ row }) => state.listenerCell(row, ListenerCell.active)),
    pools: pools.map(({ row, backendRows }) => [
      state.pools.cell(row, PoolCell.active),
      ...backendRows.map((row) => state.backendCell(row, BackendCell.active)),
    ]),
  };
}

function isNothing({ listeners, pools }: LeavingSessions): boolean {
  return listeners.length === 0 && pools.length === 0;
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
    const plan = supervisor.generation.listeners[1];
    assert(plan !== undefined);
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, () => SocketEnd.connect(other)),
    );
    await Promise.all(clients.map((client) => client.ping()));
    await supervisor.reload(config(engine, [first, second], [port]));
    await listenersAre(other, 0);
    assertEquals(leaving(supervisor), {
      listeners: [CLIENTS],
      pools: [[CLIENTS, CLIENTS / 2, CLIENTS / 2]],
    });

    const ofFirst = state.listenerTally(0, plan.row, ListenerTally.active);
    assertGreater(ofFirst, 0);
    assertEquals(state.pools.tally(0, plan.pool.row, PoolTally.active), ofFirst);
    await weir.kill(0);
    const rest = leaving(supervisor);
    assertEquals([rest.listeners, rest.pools[0]?.[0]], [[CLIENTS - ofFirst], CLIENTS - ofFirst]);
    await weir.kill(1);
    assertEquals(leaving(supervisor), NOTHING);
    await weir.logged(/Worker 0 serves again/);
    await weir.logged(/Worker 1 serves again/);
    for (const client of clients) client.close();

    // Nothing is left in the counts, and the rows are free again.
    assertEquals(await supervisor.reload(both), []);
    const again = supervisor.generation.listeners[1];
    assertEquals([again?.row, again?.pool.row], [plan.row, plan.pool.row]);
    await serveMany(other);
    await eventually(
      "all sessions have ended",
      () =>
        state.listenerCell(plan.row, ListenerCell.active) === 0 &&
        [PoolCell.active, PoolCell.queued].every((cell) =>
          state.pools.cell(plan.pool.row, cell) === 0
        ),
    );
    await supervisor.reload(config(engine, [first, second], [port]));
    await eventually("nothing is leaving", () => isNothing(leaving(supervisor)));
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
      const before = supervisor.generation.listeners[1];
      assert(before !== undefined);
      await eventually(
        "it waits",
        () => supervisor.state.pools.cell(before.pool.row, PoolCell.queued) === 1,
      );
      await supervisor.reload(config(engine, [old], [port]));
      await listenersAre(other, 0);
      assertEquals(leaving(supervisor), { listeners: [2], pools: [[1, 1]] });

      // The listener has other sockets and another backend now, and one queue.
      await supervisor.reload(listener(fresh));
      const after = supervisor.generation.listeners[1];
      assertEquals([after?.row, after?.pool.row], [before.row, before.pool.row]);
      const { listeners, pools: [[, ...backends] = []] } = leaving(supervisor);
      assertEquals([listeners, backends], [[], [1]]);
      assertEquals(await waiting.readText("ping".length), "ping");
      assertEquals([old.open, fresh.open], [1, 1]);
      await held.ping("still here");
      held.close();
      await eventually("the old backend has gone", () => isNothing(leaving(supervisor)));
      waiting.close();
    },
  );
}
