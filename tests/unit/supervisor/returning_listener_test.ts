/** A listener that was removed and comes back while its sockets are about to be closed. */
import { assert, assertEquals } from "@std/assert";
import type { Settings } from "../../../lib/config/settings.ts";
import { ListenerTally } from "../../../lib/state/counters.ts";
import { echo } from "../../support/conducts.ts";
import { freePorts } from "../../support/free_ports.ts";
import { nativeTest } from "../../support/native_test.ts";
import { eventually } from "../../support/patience.ts";
import { TestBackend } from "../../support/test_backend.ts";
import { listenersAre, listenersAt, serveMany, settingsOf, TroubledWeir } from "./troubled_weir.ts";

const NEEDS = ["net", "read", "write", "ffi"] as const;
const WORKERS = 2;
const ROUNDS = 10;

function configFor(engine: string, backend: TestBackend, ports: readonly number[]): Settings {
  return settingsOf([
    ...["[options]", `workers = ${WORKERS}`, `engine = ${engine}`, "health_check = off"],
    ...["[mappings]", ...ports.map((port) => `127.0.0.1:${port} = ${backend.name}`), ""],
  ].join("\n"));
}

for (const engine of ["streams", "native"]) {
  const config = (backend: TestBackend, ...ports: number[]) => configFor(engine, backend, ports);

  nativeTest(
    NEEDS,
    `${engine}: a listener that comes back at once has its sockets again`,
    async () => {
      await using backend = new TestBackend(echo);
      const [port = 0, other = 0] = freePorts(2);
      await using weir = await TroubledWeir.start(config(backend, port, other));
      const { supervisor } = weir;
      const row = supervisor.generation.listeners[1]?.row;
      assert(row !== undefined);
      const sockets = () => supervisor.state.listenerTallySum(row, ListenerTally.sockets);
      assertEquals(sockets(), WORKERS);
      for (let round = 0; round < ROUNDS; round++) {
        assertEquals(await supervisor.reload(config(backend, port)), []);
        assertEquals(await supervisor.reload(config(backend, port, other)), []);
        // A socket that is about to be closed, beside a new one, accepts none of its clients. One
        // that was closed in that very moment may be seen a little longer.
        await eventually(
          "each worker has one socket",
          () => listenersAt(other) === WORKERS && sockets() === WORKERS,
        );
        await serveMany(other);
      }
      await supervisor.reload(config(backend, port));
      await listenersAre(other, 0);
      await eventually("the books say so", () => sockets() === 0);
    },
  );

  nativeTest(
    NEEDS,
    `${engine}: a reload that fails leaves a removed listener removed`,
    async () => {
      await using backend = new TestBackend(echo);
      const [port = 0, other = 0] = freePorts(2);
      await using weir = await TroubledWeir.start(config(backend, port, other));
      const { supervisor } = weir;
      await supervisor.reload(config(backend, port));
      weir.trouble(1, "prepare", "die before");
      const problems = await supervisor.reload(config(backend, port, other));
      assertEquals(problems.length, 1);
      await weir.logged(/Worker 1 serves again/);
      await listenersAre(other, 0);
      await listenersAre(port, WORKERS);
      await serveMany(port);
    },
  );
}
