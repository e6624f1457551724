import { assert, assertEquals } from "@std/assert";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { Settings } from "../../../lib/config/settings.ts";
import { Discovery } from "../../../lib/discovery/discovery.ts";
import type { ServiceRecord } from "../../../lib/discovery/resolver.ts";
import { SystemResolver } from "../../../lib/discovery/system_resolver.ts";
import { configureLogging, resetLogging } from "../../../lib/log/logging.ts";
import { DnsStub } from "../../support/dns_stub.ts";
import { eventually } from "../../support/patience.ts";
import { permittedTest } from "../../support/permitted.ts";
import {
  backendsOf,
  DiscoveryRig,
  FakeNames,
  namesOf,
  settingsOf,
  settle,
  Timers,
} from "./discovery_rig.ts";

const LEFT_OUT = "Could not resolve backend a.test:80 of pool 2000: not found; " +
  "it is left out until it has an address";

Deno.test("Discovery makes a backend of each address of a host", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["10.0.0.2", "::1", "10.0.0.1", "10.0.0.2"]);
  const settings = await rig.start(settingsOf("a.test:80:3 max_connections=5, 10.9.9.9:81:1"));
  assertEquals(namesOf(settings), [
    "a.test:80/10.0.0.1",
    "a.test:80/10.0.0.2",
    "a.test:80/::1",
    "10.9.9.9:81",
  ]);
  const [first] = backendsOf(settings);
  assertEquals(first, {
    id: "10.0.0.1:80",
    name: "a.test:80/10.0.0.1",
    kind: "address",
    address: { hostname: "a.test", port: 80 },
    candidates: ["10.0.0.1"],
    weight: 1,
    backup: false,
    maxConnections: 5,
    mode: "ready",
  });
});

Deno.test("Discovery lets the addresses of a host share its weight in hundredths", async () => {
  for (
    const [weight, count, share] of [
      [1, 1, 1],
      [1, 2, 0.5],
      [1, 3, 0.33],
      [256, 4, 64],
      [0, 2, 0],
      [1, 64, 0.02],
    ] as const
  ) {
    using rig = new DiscoveryRig();
    rig.names.hosts.set("a.test", Array.from({ length: count }, (_, at) => `10.0.0.${at}`));
    const settings = await rig.start(settingsOf(`a.test:80:${weight}, 10.9.9.9:81:1`));
    const weights = backendsOf(settings).slice(0, -1).map((backend) => backend.weight);
    assertEquals(weights, Array.from({ length: count }, () => share));
  }
});

Deno.test("Discovery takes 64 addresses of a name at most, always the same", async () => {
  using rig = new DiscoveryRig();
  const addresses = Array.from({ length: 100 }, (_, at) => `10.0.0.${at}`);
  rig.names.hosts.set("a.test", addresses);
  const first = namesOf(await rig.start(settingsOf("a.test:80")));
  assertEquals(first.length, 64);
  rig.names.hosts.set("a.test", addresses.toReversed());
  await rig.round();
  assertEquals(rig.told, []);
});

Deno.test("Discovery tells of new addresses, and not of another order", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["10.0.0.1", "10.0.0.2"]);
  await rig.start(settingsOf("a.test:80"));
  rig.names.hosts.set("a.test", ["10.0.0.2", "10.0.0.1"]);
  await rig.round();
  assertEquals(rig.told, []);
  rig.names.hosts.set("a.test", ["10.0.0.3", "10.0.0.2"]);
  await rig.round();
  assertEquals(rig.told.map(namesOf), [["a.test:80/10.0.0.2", "a.test:80/10.0.0.3"]]);
});

Deno.test("Discovery keeps the last good answer and says so once each time", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["10.0.0.1"]);
  const settings = settingsOf("a.test:80");
  await rig.start(settings);
  rig.names.hosts.set("a.test", new Error("servfail"));
  await rig.round();
  await rig.round();
  rig.names.hosts.set("a.test", []);
  await rig.round();
  assertEquals(namesOf(rig.discovery.expand(settings)), ["a.test:80/10.0.0.1"]);
  rig.names.hosts.set("a.test", ["10.0.0.1"]);
  await rig.round();
  await rig.round();
  assertEquals(rig.told, []);
  assertEquals(rig.logged.length, 2);
  assert(rig.logged[0]?.includes('"a.test": servfail; the last answer is kept'), rig.logged[0]);
  assert(rig.logged[1]?.includes('Resolved "a.test" again'), rig.logged[1]);
});

Deno.test("Discovery starts a pool without a name that it goes on looking for", async () => {
  using rig = new DiscoveryRig();
  const settings = settingsOf("a.test:80, 10.9.9.9:81");
  const { problems, warnings, settings: expanded } = await rig.discovery.resolveFirst(settings);
  assertEquals(problems, []);
  assertEquals(warnings, [LEFT_OUT]);
  assertEquals(namesOf(expanded), ["10.9.9.9:81"]);
  rig.discovery.update(settings);
  rig.names.hosts.set("a.test", ["10.0.0.1"]);
  await rig.round(1_000);
  assertEquals(rig.told.map(namesOf), [["a.test:80/10.0.0.1", "10.9.9.9:81"]]);
  assertEquals(rig.timers.delaysMs, [10_000]);
});

Deno.test("Discovery starts without a name that is resolved at load only, and tries on", async () => {
  using rig = new DiscoveryRig();
  const settings = settingsOf("a.test:80, 10.9.9.9:81", "resolve = 0");
  const { problems, warnings, settings: expanded } = await rig.discovery.resolveFirst(settings);
  assertEquals([problems, warnings], [[], [LEFT_OUT]]);
  assertEquals(namesOf(expanded), ["10.9.9.9:81"]);
  rig.discovery.update(settings);
  assertEquals(rig.discovery.unresolved, [
    { pool: "2000", name: "a.test:80", problem: "not found" },
  ]);
  // Less and less often, but at least every half minute.
  for (const delayMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    assertEquals(rig.timers.delaysMs, [delayMs]);
    await rig.timers.fire(delayMs);
  }
  rig.names.hosts.set("a.test", ["10.0.0.2", "10.0.0.1"]);
  await rig.round(30_000);
  assertEquals(rig.told.map(namesOf), [["a.test:80", "10.9.9.9:81"]]);
  assertEquals(backendsOf(rig.told[0])[0]?.candidates, ["10.0.0.1", "10.0.0.2"]);
  assertEquals([rig.discovery.unresolved, rig.timers.delaysMs], [[], []]);
  assertEquals(rig.logged.length, 1);
  assert(rig.logged[0]?.includes('Resolved "a.test" again'), rig.logged[0]);
});

Deno.test("Discovery reports a pool whose names all yield no backend", async () => {
  for (const options of ["resolve = 0", "resolve = 10s"]) {
    using rig = new DiscoveryRig();
    rig.names.records.set("_db._tcp.test", new Error("servfail"));
    const backends = "a.test:80, srv+_db._tcp.test";
    const { problems, warnings } = await rig.discovery.resolveFirst(settingsOf(backends, options));
    assertEquals(problems, [
      "Pool 2000 has no backend, because none of its names could be resolved " +
      "(a.test:80: not found, srv+_db._tcp.test: servfail), and allow_empty is 0",
    ]);
    assertEquals(warnings, []);
    const empty = settingsOf("a.test:80", `${options}\nallow_empty = 1`);
    const allowed = await rig.discovery.resolveFirst(empty);
    assertEquals([allowed.problems, allowed.warnings], [[], [LEFT_OUT]]);
    assertEquals(namesOf(allowed.settings), []);
  }
});

Deno.test("Discovery takes a name that is resolved at load only for one backend", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["10.0.0.2", "10.0.0.1"]);
  const settings = settingsOf("a.test:80, b.test:80", "resolve = 0");
  rig.names.hosts.set("b.test", ["10.0.0.3"]);
  const [first, second] = backendsOf(await rig.start(settings));
  assertEquals([first?.name, second?.name], ["a.test:80", "b.test:80"]);
  assertEquals(first?.candidates, ["10.0.0.1", "10.0.0.2"]);
  assertEquals(rig.timers.delaysMs, []);
});

Deno.test("Discovery looks again at every load if it must not look in between", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["10.0.0.1"]);
  const settings = settingsOf("a.test:80", "resolve = 0");
  await rig.start(settings);
  rig.names.hosts.set("a.test", ["10.0.0.2"]);
  assertEquals(backendsOf(await rig.start(settings))[0]?.candidates, ["10.0.0.2"]);
  rig.names.hosts.set("a.test", new Error("servfail"));
  const { problems, warnings, settings: kept } = await rig.discovery.resolveFirst(settings);
  assertEquals(problems, []);
  assertEquals(warnings, [
    "Could not resolve backend a.test:80 of pool 2000: servfail; " +
    "it keeps the addresses that it had",
  ]);
  assertEquals(backendsOf(kept)[0]?.candidates, ["10.0.0.2"]);
  // And it is retried until an answer is good.
  rig.discovery.update(settings);
  assertEquals(rig.timers.delaysMs.filter((delayMs) => delayMs > 50), [30_000]);
  rig.names.hosts.set("a.test", ["10.0.0.3"]);
  await rig.round(30_000);
  assertEquals(backendsOf(rig.told.at(-1))[0]?.candidates, ["10.0.0.3"]);
  assertEquals(rig.timers.delaysMs, []);
});

Deno.test("Discovery looks every 30 seconds where names are not resolved at load", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["10.0.0.1"]);
  await rig.start(settingsOf("a.test:80", "pre_resolve_workers = 0"));
  assertEquals(rig.timers.delaysMs, [30_000]);
});

Deno.test("Discovery asks once for a name of several pools, as often as the keenest", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["10.0.0.1"]);
  const text = "[options]\nresolve = 20s\n[mappings]\n1 = a.test:80\n2 = a.test:81\n" +
    "[options 2]\nresolve = 5s\n";
  const { settings } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  assert(settings !== undefined);
  await rig.start(settings);
  assertEquals(rig.names.asked, ["a.test"]);
  assertEquals(rig.timers.delaysMs, [5_000]);
});

Deno.test("Discovery adds up to 10 % to the time between look-ups", async () => {
  const timers = new Timers();
  const names = new FakeNames();
  names.hosts.set("a.test", ["10.0.0.1"]);
  const discovery = new Discovery({
    resolver: names,
    onChange: () => {},
    scheduler: timers,
    random: () => 0.5,
  });
  const settings = settingsOf("a.test:80");
  await discovery.resolveFirst(settings);
  discovery.update(settings);
  assertEquals(timers.delaysMs, [10_500]);
  discovery.stop();
});

Deno.test("Discovery never has two look-ups of a name in progress, and gives up on slow ones", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["10.0.0.1"]);
  const settings = settingsOf("a.test:80");
  await rig.start(settings);
  const gate = Promise.withResolvers<void>();
  rig.names.gate = gate.promise;
  rig.names.hosts.set("a.test", ["10.0.0.2"]);
  await rig.timers.fire(10_000);
  assertEquals(rig.names.asked.length, 2);
  assertEquals(rig.timers.delaysMs, [5_000]);
  await rig.timers.fire(5_000);
  assert(rig.logged[0]?.includes("no answer within 5s"), rig.logged[0]);
  await rig.timers.fire(10_000);
  assertEquals(rig.names.asked.length, 2);
  gate.resolve();
  await settle();
  assertEquals(rig.told, []);
  await rig.round();
  assertEquals(rig.names.asked.length, 3);
  assertEquals(rig.told.map(namesOf), [["a.test:80/10.0.0.2"]]);
});

Deno.test("Discovery.update() stops looking for names that are gone", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["10.0.0.1"]);
  rig.names.hosts.set("b.test", ["10.0.0.2"]);
  await rig.start(settingsOf("a.test:80"));
  await rig.start(settingsOf("b.test:80"));
  await rig.round();
  assertEquals(rig.names.asked, ["a.test", "b.test", "b.test"]);
});

Deno.test("Discovery makes backends of a service's places by priority and weight", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["10.0.0.1", "10.0.0.2"]);
  rig.names.hosts.set("b.test", ["10.0.0.3"]);
  rig.names.hosts.set("c.test", ["10.0.0.4"]);
  rig.names.records.set("_db._tcp.test", [
    { target: "c.test", port: 3, priority: 20, weight: 0 },
    { target: "a.test", port: 1, priority: 10, weight: 512 },
    { target: "b.test", port: 2, priority: 10, weight: 128 },
    { target: "a.test", port: 1, priority: 30, weight: 7 },
  ]);
  const settings = await rig.start(settingsOf("srv+_db._tcp.test max_connections=9", "resolve=0"));
  const seen = backendsOf(settings).map(({ name, weight, backup, maxConnections, address }) =>
    [name, weight, backup, maxConnections, address.hostname].join(" ")
  );
  assertEquals(seen, [
    "a.test:1/10.0.0.1 128 false 9 a.test",
    "a.test:1/10.0.0.2 128 false 9 a.test",
    "b.test:2/10.0.0.3 64 false 9 b.test",
    "c.test:3/10.0.0.4 1 true 9 c.test",
  ]);
});

Deno.test("Discovery keeps a place of a service whose host can no longer be resolved", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["10.0.0.1"]);
  rig.names.hosts.set("b.test", ["10.0.0.2"]);
  const record = { port: 1, priority: 1, weight: 1 };
  const [a, b, c] = ["a.test", "b.test", "c.test"].map((target) => ({ ...record, target })) as [
    ServiceRecord,
    ServiceRecord,
    ServiceRecord,
  ];
  rig.names.records.set("_db._tcp.test", [a, b]);
  await rig.start(settingsOf("srv+_db._tcp.test"));
  rig.names.hosts.set("a.test", new Error("servfail"));
  await rig.round();
  assertEquals(rig.told, []);
  assert(rig.logged[0]?.includes('"a.test": servfail'), rig.logged[0]);
  rig.names.records.set("_db._tcp.test", [a, c]);
  rig.names.hosts.set("c.test", ["10.0.0.3"]);
  await rig.round();
  assertEquals(rig.told.map(namesOf), [["a.test:1/10.0.0.1", "c.test:1/10.0.0.3"]]);
  rig.names.records.set("_db._tcp.test", []);
  await rig.round();
  assertEquals(rig.told.length, 1);
});

Deno.test("Discovery serves a service at load as far as its places can be resolved", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["2001:db8::1", "30.0.0.1"]);
  const record = { port: 1, priority: 1, weight: 1 };
  rig.names.records.set("_db._tcp.test", [
    { ...record, target: "a.test" },
    { ...record, target: "b.test" },
  ]);
  const settings = settingsOf("srv+_db._tcp.test", "resolve = 0");
  const { problems, warnings, settings: expanded } = await rig.discovery.resolveFirst(settings);
  assertEquals(problems, []);
  assertEquals(warnings, [
    'Could not resolve backend srv+_db._tcp.test of pool 2000: "b.test": not found; ' +
    "the rest of it is used",
  ]);
  assertEquals(namesOf(expanded), ["a.test:1/30.0.0.1", "a.test:1/2001:db8::1"]);
});

Deno.test("Discovery takes a backend once that is named in two ways", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["10.0.0.1"]);
  rig.names.records.set("_db._tcp.test", [
    { target: "a.test", port: 80, priority: 1, weight: 5 },
  ]);
  const settings = await rig.start(settingsOf("a.test:80:2, srv+_db._tcp.test"));
  assertEquals(backendsOf(settings).map(({ name, weight }) => [name, weight]), [
    ["a.test:80/10.0.0.1", 2],
  ]);
});

permittedTest(["net"], "Discovery follows a real DNS server", async () => {
  await using dns = new DnsStub();
  const told: Settings[] = [];
  const discovery = new Discovery({
    resolver: new SystemResolver(dns.nameServer),
    onChange: (settings) => told.push(settings),
  });
  configureLogging({ level: "error", format: "text", write: () => {} });
  try {
    dns.entries.set("a.test", { addresses: ["10.0.0.1"] });
    dns.entries.set("_db._tcp.test", {
      services: [{ target: "a.test", port: 5432, priority: 1, weight: 1 }],
    });
    const settings = settingsOf("srv+_db._tcp.test, a.test:80", "resolve = 1");
    const first = await discovery.resolveFirst(settings);
    assertEquals([...first.problems, ...first.warnings], []);
    assertEquals(namesOf(first.settings), ["a.test:5432/10.0.0.1", "a.test:80/10.0.0.1"]);
    discovery.update(settings);
    dns.entries.set("a.test", { addresses: ["10.0.0.1", "2001:db8::2"] });
    await eventually("the new address is there", () => namesOf(told.at(-1)).length === 4);
    assertEquals(namesOf(told.at(-1)), [
      "a.test:5432/10.0.0.1",
      "a.test:5432/2001:db8::2",
      "a.test:80/10.0.0.1",
      "a.test:80/2001:db8::2",
    ]);
    const count = told.length;
    dns.failing = true;
    const asked = dns.questions.length;
    await eventually("it was asked in vain", () => dns.questions.length > asked + 4);
    assertEquals(told.length, count);
  } finally {
    discovery.stop();
    resetLogging();
  }
});
