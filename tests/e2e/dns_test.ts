/** Backends that DNS names, as a real process gets the answers over the wire. */
import { assertEquals, assertMatch } from "@std/assert";
import type { StatusView } from "../../lib/admin/metrics/status_view.ts";
import { bothEngines } from "../support/both_engines.ts";
import { echo } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { eventually } from "../support/patience.ts";
import { PrivateDns, privateDnsTest } from "../support/private_dns.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { isReset, SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";

const SERVICE = "_db._tcp.test";
const OPTIONS = {
  ...{ algorithm: "weighted_round_robin", health_check: "off", resolve: "200ms" },
  log_format: "text",
};

privateDnsTest(
  "a service is served by priority, weight and port, as DNS has them now",
  async () => {
    await using dns = await PrivateDns.open();
    await using heavy = namedBackend("a", "127.0.0.1");
    await using light = namedBackend("b", "127.0.0.2");
    await using moved = namedBackend("c", "127.0.0.2");
    await using mortal = new AsyncDisposableStack();
    const spare = mortal.use(namedBackend("d", "127.0.0.3"));
    dns.entries.set("one.test", { addresses: ["127.0.0.1"] });
    dns.entries.set("two.test", { addresses: ["127.0.0.2"] });
    dns.entries.set("three.test", { addresses: ["127.0.0.3"] });
    const one = { target: "one.test", port: heavy.port, priority: 10, weight: 3 };
    const two = { target: "two.test", port: light.port, priority: 10, weight: 1 };
    const three = { target: "three.test", port: spare.port, priority: 20, weight: 9 };
    dns.entries.set(SERVICE, { services: [three, two, one] });
    const { text, listeners } = bothEngines({ backends: [`srv+${SERVICE}`], options: OPTIONS });
    await using weir = await ReloadableWeir.start(text, { wrapper: dns.wrapper });
    const ports = listeners.map(({ port }) => port);
    for (const port of ports) assertEquals(await askEight(port), "aaaaaabb");
    const clients = await Promise.all(ports.map((port) => connectTo("a", port)));

    dns.entries.set(SERVICE, { services: [two, { ...one, weight: 1 }, three] });
    await Promise.all(ports.map((port) => gives(port, "aaaabbbb")));
    dns.entries.set(SERVICE, { services: [two, three] });
    await Promise.all(ports.map((port) => gives(port, "bbbbbbbb")));
    dns.entries.set(SERVICE, { services: [{ ...two, port: moved.port }, three] });
    await Promise.all(ports.map((port) => gives(port, "cccccccc")));
    dns.entries.set(SERVICE, { services: [{ ...two, port: moved.port, priority: 30 }, three] });
    await Promise.all(ports.map((port) => gives(port, "dddddddd")));
    // The backup takes over where the first choice does not answer.
    await mortal.disposeAsync();
    await Promise.all(ports.map((port) => gives(port, "cccccccc")));

    // A place that was withdrawn keeps the sessions that it had.
    await Promise.all(clients.map((client) => client.ping()));
    for (const client of clients) client.close();
    assertEquals(await weir.stop(), 0);
  },
);

privateDnsTest("a host is served at the addresses that DNS has for it now", async () => {
  await using dns = await PrivateDns.open();
  await using first = namedBackend("a", "127.0.0.1");
  await using _second = namedBackend("b", "127.0.0.2", first.port);
  const name = `one.test:${first.port}`;
  dns.entries.set("one.test", { addresses: ["127.0.0.2", "127.0.0.1"] });
  const { text, listeners } = bothEngines({ backends: [name], options: OPTIONS });
  await using weir = await ReloadableWeir.start(text, { wrapper: dns.wrapper });
  const ports = listeners.map(({ port }) => port);
  for (const port of ports) assertEquals(await askEight(port), "aaaabbbb");
  dns.entries.set("one.test", { addresses: ["127.0.0.2"] });
  await Promise.all(ports.map((port) => gives(port, "bbbbbbbb")));
  dns.entries.set("one.test", { addresses: ["127.0.0.1"] });
  await Promise.all(ports.map((port) => gives(port, "aaaaaaaa")));
  assertEquals(await weir.stop(), 0);
});

interface Failure {
  readonly what: string;
  readonly key: "failing" | "silent";
  readonly resolvConf: string;
  /** What is reported about the host, as a pattern. */
  readonly problem: string;
}

const FAILURES: readonly Failure[] = [
  {
    what: "fails",
    key: "failing",
    resolvConf: "",
    problem: "the name server failed or did not answer",
  },
  {
    what: "says nothing",
    key: "silent",
    // Slightly longer than Weir waits: the look-up of a host cannot be cancelled.
    resolvConf: "options timeout:7 attempts:1",
    problem: "no answer within 5s",
  },
];

for (const { what, key, resolvConf, problem } of FAILURES) {
  privateDnsTest(`the last good answers are kept while the name server ${what}`, async () => {
    await using dns = await PrivateDns.open(resolvConf);
    await using place = namedBackend("a", "127.0.0.1");
    await using otherPlace = namedBackend("b", "127.0.0.2");
    await using host = namedBackend("c", "127.0.0.1");
    await using _otherHost = namedBackend("d", "127.0.0.2", host.port);
    const record = { target: "one.test", port: place.port, priority: 1, weight: 1 };
    dns.entries.set(SERVICE, { services: [record] });
    dns.entries.set("one.test", { addresses: ["127.0.0.1"] });
    const { text, listeners } = bothEngines({
      backends: [`srv+${SERVICE}`, `one.test:${host.port}`],
      options: OPTIONS,
    });
    await using weir = await ReloadableWeir.start(text, { wrapper: dns.wrapper });
    const ports = listeners.map(({ port }) => port);
    for (const port of ports) assertEquals(await askEight(port), "aaaacccc");

    dns[key] = true;
    dns.entries.set(SERVICE, { services: [{ ...record, port: otherPlace.port }] });
    dns.entries.set("one.test", { addresses: ["127.0.0.2"] });
    const kept = "; the last answer is kept";
    await weir.logged(new RegExp(`Could not resolve service "${SERVICE}": .*${kept}`));
    await weir.logged(new RegExp(`Could not resolve "one.test": ${problem}${kept}`));
    for (const port of ports) assertEquals(await askEight(port), "aaaacccc");

    dns[key] = false;
    await weir.logged(new RegExp(`Resolved service "${SERVICE}" again`));
    await weir.logged(/Resolved "one.test" again/);
    await Promise.all(ports.map((port) => gives(port, "bbbbdddd")));
    assertEquals(await weir.stop(), 0);
  });
}

privateDnsTest("an empty start while the name server fails is mended once it answers", async () => {
  await using dns = await PrivateDns.open();
  await using backend = namedBackend("a", "127.0.0.1");
  const record = { target: "one.test", port: backend.port, priority: 1, weight: 1 };
  dns.entries.set(SERVICE, { services: [record] });
  dns.entries.set("one.test", { addresses: ["127.0.0.1"] });
  dns.failing = true;
  const options = { ...OPTIONS, allow_empty: 1 };
  const { text, listeners } = bothEngines({ backends: [`srv+${SERVICE}`], options });
  await using weir = await ReloadableWeir.start(text, { wrapper: dns.wrapper });
  const ports = listeners.map(({ port }) => port);
  for (const port of ports) assertEquals(await askEight(port), "--------");
  dns.failing = false;
  await Promise.all(ports.map((port) => gives(port, "aaaaaaaa")));
  assertEquals(await weir.stop(), 0);
});

/** A name that is looked up when the file is loaded, and not again. */
const AT_LOAD = { ...OPTIONS, resolve: 0 };

privateDnsTest("one name without an address keeps nobody from the other backends", async () => {
  await using dns = await PrivateDns.open();
  await using first = namedBackend("a", "127.0.0.1");
  await using second = namedBackend("b", "127.0.0.2");
  const late = `late.test:${second.port}`;
  const admin = freePort();
  const { text, listeners } = bothEngines({
    backends: [first.name, late],
    options: { ...AT_LOAD, admin: `127.0.0.1:${admin}` },
  });
  await using weir = await ReloadableWeir.start(text, { wrapper: dns.wrapper });
  async function unresolved(): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${admin}/api/v1/status`);
    const status: StatusView = await response.json();
    return status.pools.map((pool) => pool.unresolved.map(({ name }) => name));
  }
  for (const { key, port } of listeners) {
    await weir.logged(
      new RegExp(`Could not resolve backend ${late} of pool ${key}: .*left out`),
    );
    assertEquals(await askEight(port), "aaaaaaaa");
    assertEquals(await metricOf(admin, key), 1);
  }
  assertEquals(await unresolved(), [[late], [late]]);

  dns.entries.set("late.test", { addresses: ["127.0.0.2"] });
  for (const { port } of listeners) await gives(port, "aaaabbbb");
  await eventually(
    "the status knows",
    async () => JSON.stringify(await unresolved()) === "[[],[]]",
  );
  for (const { key } of listeners) assertEquals(await metricOf(admin, key), 0);

  // On a reload a name keeps what it had, and a new one without an address is left out.
  dns.failing = true;
  const told = await weir.reload(text.replaceAll(late, `${late}, new.test:1`));
  assertMatch(told, new RegExp(`resolve backend ${late} .*keeps the addresses that it had`));
  assertMatch(told, /resolve backend new\.test:1 .*it is left out/);
  for (const { port } of listeners) assertEquals(await askEight(port), "aaaabbbb");
  assertEquals(await weir.stop(), 0);
});

/** The figure of the backends of a listener that are left out. */
async function metricOf(admin: number, listener: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${admin}/metrics`);
  const line = `weir_pool_unresolved_backends{pool="${listener}"} `;
  const text = await response.text();
  return Number(text.slice(text.indexOf(line) + line.length).split("\n")[0]);
}

/** Sends its name, one letter, and then echoes. */
function namedBackend(name: string, hostname: string, port = 0): TestBackend {
  return new TestBackend(async (end) => {
    await end.send(name);
    await echo(end);
  }, { hostname, port });
}

/** Connects until it reaches this backend. */
async function connectTo(name: string, port: number): Promise<SocketEnd> {
  for (;;) {
    const client = await SocketEnd.connect(port);
    if (await client.readText(1) === name) return client;
    client.close();
  }
}

/** The backends of eight sessions, in the order of their names; "-" for a session without one. */
async function askEight(port: number): Promise<string> {
  const names: string[] = [];
  for (let session = 0; session < 8; session++) names.push(await ask(port));
  return names.sort().join("");
}

async function ask(port: number): Promise<string> {
  using client = await SocketEnd.connect(port);
  try {
    await client.finish();
    return await client.readAllText() || "-";
  } catch (error) {
    if (isReset(error)) return "-";
    throw error;
  }
}

/** Waits until eight sessions reach these backends, and checks that eight more do, too. */
async function gives(port: number, names: string): Promise<void> {
  await eventually(`${port} gives ${names}`, async () => await askEight(port) === names);
  assertEquals(await askEight(port), names);
}
