/**
 * One test of outgoing ports: the first argument names it, the second the engine. Run in a separate
 * network namespace with few ports for outgoing connections, from {@linkcode FIRST_PORT} on. Exits
 * with status 0 if it passes.
 */
import { assertEquals } from "@std/assert";
import { HEALTH } from "../../lib/state/codes.ts";
import { BackendCell } from "../../lib/state/counters.ts";
import { echo } from "./conducts.ts";
import { ENGINES_UNDER_TEST, type EngineUnderTest } from "./engines_under_test.ts";
import { eventually, pause, within } from "./patience.ts";
import { RunningWeir } from "./running_weir.ts";
import { SocketEnd } from "./socket_end.ts";
import { TestBackend } from "./test_backend.ts";

/** The first port for outgoing connections there. */
export const FIRST_PORT = 40_000;
const [ONE_BACKEND, OTHER_BACKEND] = [20_001, 20_002];

const FEW_PORTS = 16;

/** A test, and how many ports it needs. */
interface PortTest {
  readonly ports: number;
  /** @default {all} */
  readonly engines?: readonly EngineUnderTest["name"][];
  run(engine: EngineUnderTest): Promise<void>;
}

/** The tests. */
export const PORT_TESTS: Readonly<Record<string, PortTest>> = {
  /** A backend to which every port is in use is skipped, and not blamed. */
  exhausted: { ports: FEW_PORTS, run: passOver },
  /** A backend that is down counts as down, even if a connection to its port reaches itself. */
  self: { ports: 1, run: refuseSelf },
  /** Nor does a check take such a connection for a success. */
  checked: { ports: 1, run: failCheck },
  /** Every source address has all ports for every backend. */
  sources: { ports: FEW_PORTS, run: useAllPorts, engines: ["native"] },
};

async function passOver(engine: EngineUnderTest): Promise<void> {
  await using one = new TestBackend(echo, { port: ONE_BACKEND });
  await using other = new TestBackend(echo, { port: OTHER_BACKEND });
  await using weir = await RunningWeir.start(engine, {
    backends: [one.name, other.name],
    options: { max_fails: 1, algorithm: "round_robin" },
  });
  using held = new DisposableStack();
  for (let i = 0; i < FEW_PORTS; i++) {
    const end = held.use(await SocketEnd.connect(ONE_BACKEND));
    await end.ping();
  }
  for (let i = 0; i < 4; i++) {
    using client = await SocketEnd.connect(weir.port);
    await within("an echo", client.ping());
    assertEquals(weir.books.active, 1);
    client.close();
    await weir.activeIs(0);
  }
  const { portsExhausted, connectFailures, perBackend } = weir.books;
  assertEquals({ portsExhausted, connectFailures, perBackend }, {
    portsExhausted: 4,
    connectFailures: 0,
    perBackend: [0, 4],
  });
  // Not ejected either, for which one failure would have been enough.
  held.dispose();
  await eventually("it takes sessions as soon as there are ports", async () => {
    using client = await SocketEnd.connect(weir.port);
    await within("an echo", client.ping());
    client.close();
    await weir.activeIs(0);
    if (weir.books.perBackend[0] === 1) return true;
    // Its ports become free a second after their connections have ended, and so do the clients'
    // own.
    await pause(300);
    return false;
  });
  assertEquals(weir.books.connectFailures, 0);
  await weir.finish();
}

async function refuseSelf(engine: EngineUnderTest): Promise<void> {
  await using weir = await RunningWeir.start(engine, { backends: [`127.0.0.1:${FIRST_PORT}`] });
  using client = await SocketEnd.connect(weir.port);
  const { length } = await within("the end", client.readAll());
  assertEquals(length, 0);
  const [record] = await weir.finish();
  assertEquals([record?.close_code, weir.books.connectFailures], ["SC", 1]);
}

async function failCheck(engine: EngineUnderTest): Promise<void> {
  await using weir = await RunningWeir.start(engine, {
    backends: [`127.0.0.1:${FIRST_PORT}`],
    options: { health_check: "tcp", health_interval: "50ms" },
  });
  const [row] = weir.supervisor.generation.pools[0]?.backendRows ?? [];
  await eventually("it is found down", () => {
    return weir.supervisor.state.backendCell(row as number, BackendCell.health) === HEALTH.down;
  });
  await weir.finish();
}

async function useAllPorts(engine: EngineUnderTest): Promise<void> {
  await using one = new TestBackend(echo, { port: ONE_BACKEND });
  await using other = new TestBackend(echo, { port: OTHER_BACKEND });
  const sources = ["127.0.0.2", "127.0.0.3"];
  await using weir = await RunningWeir.start(engine, {
    hostname: "0.0.0.0",
    backends: [one.name, other.name],
    options: {
      workers: 1,
      algorithm: "round_robin",
      source_address: sources.join(", "),
      retries: 0,
    },
  });
  using held = new DisposableStack();
  // Each address that clients connect to has all ports for them, too.
  for (const hostname of ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]) {
    for (let port = 0; port < FEW_PORTS; port++) {
      const end = held.use(await SocketEnd.connect(weir.port, hostname));
      await within("an echo", end.ping());
    }
  }
  const all = sources.length * FEW_PORTS;
  const { portsExhausted, perBackend } = weir.books;
  assertEquals({ portsExhausted, perBackend }, { portsExhausted: 0, perBackend: [all, all] });
  using surplus = held.use(await SocketEnd.connect(weir.port, "127.0.0.5"));
  assertEquals((await surplus.readAll()).length, 0);
  assertEquals(weir.books.portsExhausted, 1);
  held.dispose();
  await weir.finish();
}

if (import.meta.main) {
  const [name, engineName] = Deno.args;
  const test = PORT_TESTS[name ?? ""];
  await test?.run(
    ENGINES_UNDER_TEST.find((engine) => engine.name === engineName) as EngineUnderTest,
  );
  Deno.exit(0);
}
