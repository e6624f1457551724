import { assertEquals } from "@std/assert";
import { backendsOf, DiscoveryRig, settingsOf } from "./discovery_rig.ts";

Deno.test("Discovery identifies a backend by its address, whatever it is called", async () => {
  using rig = new DiscoveryRig();
  rig.names.hosts.set("a.test", ["10.0.0.1", "2001:db8::1"]);
  rig.names.hosts.set("b.test", ["10.0.0.1", "10.0.0.2"]);
  rig.names.records.set("_db._tcp.test", [
    { target: "a.test", port: 81, priority: 1, weight: 1 },
    { target: "b.test", port: 82, priority: 1, weight: 1 },
  ]);
  const settings = await rig.start(
    settingsOf("blue@a.test:80, b.test:80, old@srv+_db._tcp.test, [2001:0db8::01]:80"),
  );
  assertEquals(backendsOf(settings).map(({ id, name }) => `${id} ${name}`), [
    "10.0.0.1:80 blue/10.0.0.1",
    "[2001:db8::1]:80 blue/2001:db8::1",
    "10.0.0.2:80 b.test:80/10.0.0.2",
    "10.0.0.1:81 old/a.test:81/10.0.0.1",
    "[2001:db8::1]:81 old/a.test:81/2001:db8::1",
    "10.0.0.1:82 old/b.test:82/10.0.0.1",
    "10.0.0.2:82 old/b.test:82/10.0.0.2",
  ]);
});
