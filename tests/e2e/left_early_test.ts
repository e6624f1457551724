/** Clients that have reset their connection before Weir accepts it are counted like all others. */
import { assertEquals } from "@std/assert";
import { bothEngines } from "../support/both_engines.ts";
import { echo } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { readMetrics } from "../support/metrics.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { ResettableEnd } from "../support/resettable_end.ts";
import { TestBackend } from "../support/test_backend.ts";

const CLIENTS = 20;

permittedTest(
  ["net", "read", "write", "run", "env", "ffi"],
  "clients that reset before they are accepted are counted, and logged as gone",
  async () => {
    await using backend = new TestBackend(echo);
    const admin = freePort();
    const { text, listeners } = bothEngines({
      backends: [backend.name],
      options: { health_check: "off", admin: `127.0.0.1:${admin}` },
    });
    await using weir = await ReloadableWeir.start(text);
    // The clients of a stopped process wait in the queues of its sockets.
    weir.process.signal("SIGSTOP");
    for (const { port } of listeners) {
      for (let i = 0; i < CLIENTS; i++) await (await ResettableEnd.connect(port)).reset();
    }
    weir.process.signal("SIGCONT");
    for (const { key } of listeners) {
      const expected = {
        [`weir_listener_accepted_total{listener="${key}"}`]: CLIENTS,
        [`weir_listener_ended_total{listener="${key}",by="client"}`]: CLIENTS,
        [`weir_listener_active_sessions{listener="${key}"}`]: 0,
      };
      await eventually(`${JSON.stringify(expected)}`, async () => {
        const metrics = await readMetrics(admin);
        return Object.entries(expected).every(([name, value]) => metrics.get(name) === value);
      });
    }
    const records = await weir.recordsWhen(
      "all are logged",
      (records) => records.length === listeners.length * CLIENTS,
    );
    assertEquals(new Set(records.map(({ ended_by }) => ended_by)), new Set(["client"]));
    assertEquals(await weir.stop(), 0);
  },
);
