/** The metrics count what was done: to the exact connection and byte, over workers and backends. */
import { assertEquals } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { readMetrics } from "../support/metrics.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env", "sys", "ffi"] as const;
const CLIENTS = 20;
const SESSIONS_EACH = 25;
const LARGEST = 40_000;

/** Sessions one after another, of many sizes; returns how many bytes were sent, and came back. */
async function runClient(port: number, first: number): Promise<{ sent: number; received: number }> {
  const sum = { sent: 0, received: 0 };
  for (let index = 0; index < SESSIONS_EACH; index++) {
    const length = ((first + index) * 7919) % LARGEST;
    using client = await SocketEnd.connect(port);
    const reply = client.readAll();
    await client.send("x".repeat(length));
    await client.finish();
    sum.sent += length;
    sum.received += (await reply).length;
  }
  return sum;
}

/** Adds up the samples of a metric, over whatever labels they have. */
function sumOf(samples: ReadonlyMap<string, number>, metric: string): number {
  return [...samples].filter(([name]) => name.startsWith(`${metric}{`))
    .reduce((sum, [, value]) => sum + value, 0);
}

for (const engine of ["streams", "native"]) {
  permittedTest(NEEDS, `the metrics of ${engine} are what the clients have counted`, async () => {
    await using a = new TestBackend(echo);
    await using b = new TestBackend(echo);
    await using c = new TestBackend(echo);
    const [port, admin] = freePorts(2) as [number, number];
    await using _weir = await WeirProcess.start(
      `[options]\nworkers = 2\nengine = ${engine}\nhealth_check = off\nadmin = 127.0.0.1:${admin}\n` +
        `[mappings]\n127.0.0.1:${port} = ${a.name}:3, ${b.name}, ${c.name}:2\n`,
    );
    const clients = Array.from(
      { length: CLIENTS },
      (_, index) => runClient(port, index * SESSIONS_EACH),
    );
    const counted = (await Promise.all(clients)).reduce(
      (sum, { sent, received }) => ({
        sent: sum.sent + sent,
        received: sum.received + received,
      }),
      { sent: 0, received: 0 },
    );
    const sessions = CLIENTS * SESSIONS_EACH;
    // A client gets its reply a moment before the session is counted as ended.
    await eventually("every session has ended", async () => {
      return sumOf(await readMetrics(admin), "weir_listener_ended_total") === sessions;
    });
    const samples = await readMetrics(admin);
    assertEquals(counted.sent, counted.received);
    assertEquals(sumOf(samples, "weir_listener_accepted_total"), sessions);
    assertEquals(sumOf(samples, "weir_backend_sessions_total"), sessions);
    assertEquals(sumOf(samples, "weir_backend_received_bytes_total"), counted.sent);
    assertEquals(sumOf(samples, "weir_backend_sent_bytes_total"), counted.received);
    assertEquals(sumOf(samples, "weir_backend_connect_time_seconds_count"), sessions);
    assertEquals(sumOf(samples, "weir_backend_active_sessions"), 0);
  });
}
