/** What a hung native worker held is taken from it, and it takes nothing back when it wakes. */
import { assertEquals, assertFalse, assertGreater, assertLessOrEqual } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { readMetrics } from "../support/metrics.ts";
import { nativeTest } from "../support/native_test.ts";
import { HANG_MS, WAKING_BYTES } from "../support/overheard_port.ts";
import { eventually, pause, within } from "../support/patience.ts";
import { countDescriptors } from "../support/process_figures.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { quirkyMain } from "../support/worker_quirk.ts";

const CLIENTS = 40;
/** Three times as long as it takes on an idle machine. */
const HANG_PATIENCE_MS = 60_000;

nativeTest(
  ["all"],
  "native: a worker that hangs loses its connections and descriptors, and touches none when it wakes",
  async () => {
    await using backend = new TestBackend(echo);
    const [port, admin] = [freePort(), freePort()];
    const text = [
      "[options]",
      "workers = 2",
      "engine = native",
      "health_check = off",
      "access_log = FOLDER/access.log",
      "access_log_format = json",
      `admin = 127.0.0.1:${admin}`,
      "[mappings]",
      `127.0.0.1:${port} = ${backend.name}`,
      "",
    ].join("\n");
    await using weir = await ReloadableWeir.start(text, { main: quirkyMain("hanging") });
    await readMetrics(admin);
    const before = countDescriptors(weir.process.pid);
    const residents = await connectAll(port);
    for (const client of residents) await client.ping();

    using last = await SocketEnd.connect(port);
    await last.ping("x".repeat(WAKING_BYTES));
    await last.finish();
    assertEquals(await last.readAllText(), "");
    const hangsSinceMs = performance.now();
    await weir.logged(/A worker hangs/);
    await eventually("it is replaced", () => /serves again/.test(weir.log), HANG_PATIENCE_MS);

    // Each notices at once: an answer, or the end of its connection.
    const answers = await within(
      "an answer or a reset for each resident",
      Promise.all(residents.map((client) => client.ping().then(() => true, () => false))),
    );
    const served = answers.filter((isServed) => isServed).length;
    assertGreater(served, 0);
    assertLessOrEqual(served, CLIENTS - 1);
    for (const client of residents) client.close();
    const figure = `weir_listener_active_sessions{listener="127.0.0.1:${port}"}`;
    await eventually("nobody is counted", async () => (await readMetrics(admin)).get(figure) === 0);
    await eventually(
      "its descriptors are closed",
      () => countDescriptors(weir.process.pid) <= before + 2,
      HANG_PATIENCE_MS,
    );

    // These get the numbers that the other thread still knows.
    const newcomers = await connectAll(port);
    const untilMs = hangsSinceMs + HANG_MS + 3_000;
    do {
      for (const client of newcomers) await within("an echo", client.ping());
      await pause(50);
    } while (performance.now() < untilMs);
    assertEquals((await readMetrics(admin)).get(figure), CLIENTS);
    for (const client of newcomers) client.close();
    await eventually("nobody is counted", async () => (await readMetrics(admin)).get(figure) === 0);
    assertFalse(/unexpected|Uncaught/.test(weir.log), weir.log);
    assertEquals(await weir.stop(), 0);
  },
);

function connectAll(port: number): Promise<SocketEnd[]> {
  return Promise.all(Array.from({ length: CLIENTS }, () => SocketEnd.connect(port)));
}
