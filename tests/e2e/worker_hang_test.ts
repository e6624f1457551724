/**
 * A worker that hangs is replaced and its sessions are written off, while the others go on serving.
 */
import { assertEquals, assertFalse, assertGreater, assertLess } from "@std/assert";
import { bothEngines } from "../support/both_engines.ts";
import { echo } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { readMetrics } from "../support/metrics.ts";
import { nativeObstacle } from "../support/native_test.ts";
import { HANGING_BYTES } from "../support/overheard_port.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { quirkyMain } from "../support/worker_quirk.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
const NAME = "a worker that hangs is replaced after ten seconds, and the others serve meanwhile";
/** Three times as long as it takes on an idle machine. */
const HANG_PATIENCE_MS = 40_000;
/** Enough for each of two or three workers to have some of them. */
const CROWD = 40;

// Both engines at once, because most of it is waiting for the ten seconds.
if (nativeObstacle === undefined) permittedTest(NEEDS, NAME, replaceOneOfEachEngine);
else Deno.test({ name: `${NAME} (ignored: ${nativeObstacle})`, ignore: true, fn() {} });

async function replaceOneOfEachEngine(): Promise<void> {
  await using backend = new TestBackend(echo);
  const admin = freePort();
  const { text, listeners } = bothEngines({
    backends: [backend.name],
    options: {
      ...{ health_check: "off", log_format: "text", access_log_format: "json" },
      admin: `127.0.0.1:${admin}`,
    },
  });
  await using weir = await ReloadableWeir.start(text, { main: quirkyMain("hanging") });
  await using crowds = new AsyncDisposableStack();
  const crowdsAtAll = () => listeners.map(({ port }) => crowds.use(new Crowd(port)));

  const residents = crowdsAtAll();
  for (const crowd of residents) {
    await crowd.ask();
    await eventually("all are served", () => crowd.answers === CROWD);
  }
  for (const { port } of listeners) await makeOneHang(port);
  await weir.logged(/(A worker hangs[^]*){2}/);
  const visitors = crowdsAtAll();
  for (const crowd of [...residents, ...visitors]) {
    await crowd.ask();
    await eventually("some are served meanwhile", () => crowd.answers > 0);
  }
  assertFalse(/was given up/.test(weir.log), weir.log);

  const isBack = /Worker (\d+) serves again/g;
  await eventually("both are replaced", () => count(weir.log, isBack) === 2, HANG_PATIENCE_MS);
  assertEquals(count(weir.log, /Worker \d+ was given up: it has had no heartbeat for \d+ s/g), 2);
  for (const [index, { key, engine }] of listeners.entries()) {
    const [resident, visitor] = [residents[index] as Crowd, visitors[index] as Crowd];
    await eventually(`${engine}: those who are not served are not counted`, async () => {
      const metrics = await readMetrics(admin);
      const active = [
        metrics.get(`weir_listener_active_sessions{listener="${key}"}`),
        metrics.get(`weir_backend_active_sessions{pool="${key}",backend="${backend.name}"}`),
      ];
      return active.every((sessions) => sessions === resident.answers + visitor.answers);
    });
    assertGreater(resident.answers, 0);
    assertLess(resident.answers, CROWD);
  }

  const newcomers = crowdsAtAll();
  for (const crowd of newcomers) await crowd.ask();
  for (const [, slot] of weir.log.matchAll(isBack)) {
    await eventually(`worker ${slot} has sessions`, async () => {
      const metrics = await readMetrics(admin);
      return (metrics.get(`weir_worker_sessions_total{worker="${slot}"}`) ?? 0) > 0;
    });
  }
  // The streams engine's sockets cannot be taken from the thread that hangs, and the log says so.
  const nativeNewcomers = newcomers[listeners.findIndex(({ engine }) => engine === "native")];
  await eventually("all are served", () => nativeNewcomers?.answers === CROWD);
  assertEquals(count(weir.log, /Worker \d+ hangs and keeps its sockets/g), 1);
  // Those of the hung native worker have been disconnected, so they can reconnect.
  const nativeAt = listeners.findIndex(({ engine }) => engine === "native");
  const stranded = residents[nativeAt] as Crowd;
  await eventually(
    "every resident of native has an answer or a reset",
    () => stranded.waiting === 0,
  );
  await crowds.disposeAsync();
  assertEquals(await weir.stop(), 0);
}

/** Starts a session whose end one of a listener's workers does not survive. */
async function makeOneHang(port: number): Promise<void> {
  using client = await SocketEnd.connect(port);
  await client.ping("x".repeat(HANGING_BYTES));
  await client.finish();
  assertEquals(await client.readAllText(), "");
}

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

/** Many clients of a listener, each with its own session or waiting for one. */
class Crowd implements AsyncDisposable {
  readonly #port: number;
  #clients: readonly SocketEnd[] = [];
  readonly #asking = new Set<Promise<void>>();
  #answers = 0;
  #waiting = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** How many have had an answer since they were told to send. */
  get answers(): number {
    return this.#answers;
  }

  /** How many have had neither an answer nor an end. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Has every client send something, without waiting for an answer. */
  async ask(): Promise<void> {
    if (this.#clients.length === 0) {
      const connecting = Array.from({ length: CROWD }, () => SocketEnd.connect(this.#port));
      this.#clients = await Promise.all(connecting);
    }
    this.#answers = 0;
    this.#waiting = this.#clients.length;
    for (const client of this.#clients) {
      const asking = client.ping().then(() => this.#answers++);
      // An abandoned one ends with a reset, or when this end is closed.
      const over = (): void => void this.#waiting--;
      this.#asking.add(asking.then(over, over));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all(this.#asking);
  }
}
