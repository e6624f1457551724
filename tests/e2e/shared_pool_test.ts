/** One pool behind two listeners, one on each engine: what it counts is exact over both. */
import { assert, assertEquals } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { readMetrics } from "../support/metrics.ts";
import { eventually, pause } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { isReset, SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;
/** Longer than a worker serves its own clients before another's that came earlier. */
const LATER_MS = 400;

/** A pool of echoing backends, and a listener on each engine that uses it. */
class SharedPool implements AsyncDisposable {
  readonly #weir: ReloadableWeir;
  readonly #admin: number;
  /** The ports of the listeners; the second listener has two addresses. */
  readonly ports: readonly number[];

  private constructor(weir: ReloadableWeir, admin: number, ports: readonly number[]) {
    this.#weir = weir;
    this.#admin = admin;
    this.ports = ports;
  }

  static async start(backends: readonly string[], options: string): Promise<SharedPool> {
    const [admin = 0, one = 0, two = 0, three = 0] = freePorts(4);
    const weir = await ReloadableWeir.start(`
[options]
workers = 2
admin = 127.0.0.1:${admin}

[listener portable]
listen = 127.0.0.1:${one}
pool = app
engine = streams

[listener fast]
listen = 127.0.0.1:${two}, 127.0.0.1:${three}
pool = app
engine = native

[pool app]
backends = ${backends.join(", ")}
algorithm = round_robin
${options}
`);
    return new SharedPool(weir, admin, [one, two, three]);
  }

  /** A client of one of the listeners in turn. */
  connect(index: number): Promise<SocketEnd> {
    return SocketEnd.connect(this.ports[index % this.ports.length] as number);
  }

  async metric(name: string): Promise<number | undefined> {
    return (await readMetrics(this.#admin)).get(name);
  }

  async metricIs(name: string, value: number): Promise<void> {
    await eventually(`${name} is ${value}`, async () => await this.metric(name) === value);
  }

  /** Stops it, which must go well. */
  async stop(): Promise<void> {
    assertEquals(await this.#weir.stop(), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#weir[Symbol.asyncDispose]();
  }
}

permittedTest(NEEDS, "a pool takes turns exactly over the listeners of both engines", async () => {
  await using first = new TestBackend(echo);
  await using second = new TestBackend(echo);
  await using third = new TestBackend(echo);
  const backends = [first, second, third];
  await using shared = await SharedPool.start(
    backends.map(({ name }) => name),
    "health_check = off",
  );
  for (let index = 0; index < 300; index++) {
    using client = await shared.connect(index);
    await client.ping();
  }
  assertEquals(backends.map(({ accepted }) => accepted), [100, 100, 100]);
  await shared.stop();
});

permittedTest(NEEDS, "max_sessions and a backend's limit hold over both engines", async () => {
  await using small = new TestBackend(echo);
  await using large = new TestBackend(echo);
  await using shared = await SharedPool.start(
    [`small@${small.name} max_connections=3`, `large@${large.name}`],
    "health_check = off\nmax_sessions = 10",
  );
  for (let round = 0; round < 3; round++) {
    const clients = await Promise.all(Array.from({ length: 30 }, (_, i) => shared.connect(i)));
    const served = await Promise.all(clients.map(isServed));
    assertEquals(served.filter(Boolean).length, 10);
    assertEquals([small.open, large.open], [3, 7]);
    await shared.metricIs('weir_pool_active_sessions{pool="app"}', 10);
    for (const client of clients) client.close();
    await shared.metricIs('weir_pool_active_sessions{pool="app"}', 0);
    await eventually("the backends are free", () => small.open + large.open === 0);
  }
  await shared.stop();
});

permittedTest(
  NEEDS,
  "a backend that is down is down for the listeners of both engines",
  async () => {
    await using good = new TestBackend(echo);
    const bad = new TestBackend(echo);
    await using shared = await SharedPool.start(
      [`good@${good.name}`, `bad@${bad.name}`],
      "health_interval = 100ms",
    );
    await shared.metricIs('weir_backend_up{pool="app",backend="bad"}', 1);
    await bad[Symbol.asyncDispose]();
    await shared.metricIs('weir_backend_healthy{pool="app",backend="bad"}', 0);
    const before = good.accepted;
    for (let index = 0; index < 30; index++) {
      using client = await shared.connect(index);
      await client.ping();
    }
    assert(good.accepted >= before + 30);
    await shared.stop();
  },
);

permittedTest(
  NEEDS,
  "clients of both engines wait in one queue, and are served in order",
  async () => {
    await using backend = new TestBackend(echo);
    await using shared = await SharedPool.start(
      [backend.name],
      "health_check = off\nmax_sessions = 1\nqueue_timeout = 60s",
    );
    const holder = await shared.connect(0);
    await holder.ping();
    const served: number[] = [];
    const waiting: Promise<void>[] = [];
    for (let index = 0; index < 6; index++) {
      const client = await shared.connect(index);
      waiting.push(
        client.ping().then(() => {
          served.push(index);
          client.close();
        }),
      );
      await shared.metricIs('weir_pool_queued_sessions{pool="app"}', index + 1);
      await pause(LATER_MS);
    }
    holder.close();
    await Promise.all(waiting);
    assertEquals(served, [0, 1, 2, 3, 4, 5]);
    await shared.metricIs('weir_pool_active_sessions{pool="app"}', 0);
    await shared.metricIs('weir_pool_queued_sessions{pool="app"}', 0);
    await shared.stop();
  },
);

/** Whether a client gets an answer; one that is refused may find itself reset. */
async function isServed(client: SocketEnd): Promise<boolean> {
  try {
    await client.send("ping");
    return await client.readSome() !== undefined;
  } catch (error) {
    if (isReset(error)) return false;
    throw error;
  }
}
