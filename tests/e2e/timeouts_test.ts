/** Sessions that outlive a timeout are closed, both sockets of them, and waiting costs nothing. */
import { assert, assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { bothEngines, ENGINES } from "../support/both_engines.ts";
import { echo, Reception } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { eventually, pause, within } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { countDescriptors, countSockets, processorMs } from "../support/process_figures.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { testConfig } from "../support/test_config.ts";

const NEEDS = ["all"] as const;
const UNCHECKED = { health_check: "off" };
const IDLE_SESSIONS = 3_000;
/** Few enough that none is idle for long before its first message. */
const OPENED_AT_ONCE = 50;
const IDLE_TIMEOUT_MS = 2_000;
/** Twice the timeout, and as much again for a busy machine. */
const LATEST_MS = 8_000;
/** Far more than needed; a timer for each session would take more. */
const MOST_OF_A_CORE = 0.2;

for (const engine of ENGINES) {
  permittedTest(
    NEEDS,
    `${engine}: ${IDLE_SESSIONS} idle sessions are all closed after idle_timeout, and cost next to nothing before`,
    async () => {
      await using backend = new TestBackend(echo);
      const port = freePort();
      const options = {
        ...{ ...UNCHECKED, workers: 2, engine, idle_timeout: `${IDLE_TIMEOUT_MS}ms` },
        ...{ access_log: "FOLDER/access.log", log_format: "json" },
      };
      await using weir = await ReloadableWeir.start(
        testConfig({ port, backends: [backend.name], options }),
      );
      const descriptors = countDescriptors(weir.process.pid);
      using stack = new DisposableStack();
      async function live() {
        const client = stack.use(await SocketEnd.connect(port));
        const sentMs = performance.now();
        await client.ping();
        const answeredMs = performance.now();
        const gone = client.readAll().then(() => performance.now());
        // If the test fails before it gets here, that failure is the one to report.
        gone.catch(() => {});
        return { sentMs, answeredMs, gone };
      }

      const lives: Awaited<ReturnType<typeof live>>[] = [];
      while (lives.length < IDLE_SESSIONS) {
        lives.push(...await Promise.all(Array.from({ length: OPENED_AT_ONCE }, live)));
      }
      // No session is due yet unless this machine was held up.
      const spentMs = processorMs(weir.process.pid);
      const beganMs = performance.now();
      await pause(1_000);
      const share = (processorMs(weir.process.pid) - spentMs) / (performance.now() - beganMs);
      const firstMs = Math.min(...lives.map(({ sentMs }) => sentMs));
      if (performance.now() < firstMs + IDLE_TIMEOUT_MS) assertLess(share, MOST_OF_A_CORE);

      for (const { sentMs, answeredMs, gone } of lives) {
        const goneMs = await within("the end of an idle session", gone);
        assertGreaterOrEqual(goneMs - sentMs, IDLE_TIMEOUT_MS);
        assertLess(goneMs - answeredMs, LATEST_MS);
      }
      const records = await weir.recordsWhen(
        "all are logged",
        (all) => all.length === IDLE_SESSIONS,
      );
      assertEquals(records.filter(({ close_code }) => close_code !== "cD"), []);
      await eventually(
        "their sockets are closed",
        () => countDescriptors(weir.process.pid) <= descriptors,
      );
    },
  );
}

permittedTest(
  NEEDS,
  "a half-closed session is gone after half_close_timeout, both sockets of it",
  async () => {
    const reception = new Reception();
    await using backend = new TestBackend(reception.conduct);
    const { text, listeners } = bothEngines({
      backends: [backend.name],
      options: { ...UNCHECKED, half_close_timeout: "400ms" },
    });
    await using weir = await ReloadableWeir.start(text);
    const sockets = countSockets(weir.process.pid);
    for (const { engine, port } of listeners) {
      using leaving = await SocketEnd.connect(port);
      const holding = await reception.next();
      using staying = await SocketEnd.connect(port);
      const left = await reception.next();
      // One whose backend never finishes, and one whose client never does.
      await leaving.finish();
      await left.finish();
      assertEquals(await holding.readSome(), undefined);
      await Promise.all([leaving.readAll(), staying.readAll()]);
      // Those of the others are still open.
      await eventually(
        `${engine}: Weir has no socket of theirs left`,
        () => countSockets(weir.process.pid) <= sockets,
      );
      for (const end of [holding, left]) end.close();
    }
    const records = await weir.recordsWhen("all are logged", (all) => all.length === 4);
    for (const { engine, key } of listeners) {
      const codes = records.filter(({ listener }) => listener === key)
        .map(({ close_code }) => close_code).sort();
      assertEquals(codes, ["cD", "sD"], engine);
    }
  },
);

permittedTest(
  NEEDS,
  "first_byte_timeout closes clients that say nothing, and session_timeout the busiest",
  async () => {
    await using backend = new TestBackend(echo);
    const { text, listeners } = bothEngines({
      backends: [backend.name],
      options: { ...UNCHECKED, first_byte_timeout: "300ms", session_timeout: "1500ms" },
    });
    await using weir = await ReloadableWeir.start(text);
    await Promise.all(listeners.map(async ({ port }) => {
      using silent = await SocketEnd.connect(port);
      using busy = await SocketEnd.connect(port);
      await busy.ping();
      const startMs = performance.now();
      assertEquals((await silent.readAll()).length, 0);
      let pings = 0;
      try {
        for (;; pings++) {
          await busy.ping();
          await pause(20);
        }
      } catch {
        // Closed, in the middle of it.
      }
      assert(pings > 5, `${pings} pings`);
      assertGreaterOrEqual(performance.now() - startMs, 1_000);
    }));
    const records = await weir.recordsWhen("all are logged", (all) => all.length === 4);
    for (const { engine, key } of listeners) {
      const told = records.filter(({ listener }) => listener === key)
        .map(({ close_code, reason }) => `${close_code} ${reason}`).sort();
      assertEquals(told, [
        "PD maximum lifetime reached while relaying",
        "cD client took too long while relaying",
      ], engine);
    }
  },
);
