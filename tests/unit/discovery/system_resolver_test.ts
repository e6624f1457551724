import { assert, assertEquals, assertRejects } from "@std/assert";
import { SystemResolver } from "../../../lib/discovery/system_resolver.ts";
import { DnsStub } from "../../support/dns_stub.ts";
import { permittedTest } from "../../support/permitted.ts";

function never(): AbortSignal {
  return new AbortController().signal;
}

permittedTest(["net"], "SystemResolver knows the hosts file", async () => {
  const addresses = await new SystemResolver().addresses("localhost", never());
  assert(addresses.includes("127.0.0.1") || addresses.includes("::1"), addresses.join());
});

permittedTest(["net"], "SystemResolver gives the addresses of both families", async () => {
  await using dns = new DnsStub();
  const resolver = new SystemResolver(dns.nameServer);
  dns.entries.set("both.test", { addresses: ["10.0.0.1", "2001:db8::1", "10.0.0.2"] });
  dns.entries.set("four.test", { addresses: ["10.0.0.3"] });
  const both = await resolver.addresses("both.test", never());
  assertEquals(both.toSorted(), ["10.0.0.1", "10.0.0.2", "2001:db8::1"]);
  assertEquals(await resolver.addresses("four.test", never()), ["10.0.0.3"]);
});

permittedTest(["net"], "SystemResolver gives what a service record says", async () => {
  await using dns = new DnsStub();
  const record = { target: "a.test", port: 5432, priority: 10, weight: 60 };
  dns.entries.set("_db._tcp.test", { services: [record] });
  const records = await new SystemResolver(dns.nameServer).services("_db._tcp.test", never());
  assertEquals(records, [record]);
});

permittedTest(["net"], "SystemResolver rejects where the name server fails", async () => {
  await using dns = new DnsStub();
  dns.failing = true;
  const resolver = new SystemResolver(dns.nameServer);
  await assertRejects(() => resolver.addresses("a.test", never()));
  await assertRejects(() => resolver.services("_db._tcp.test", never()));
});

permittedTest(["net"], "SystemResolver can be called off", async () => {
  await using dns = new DnsStub();
  dns.silent = true;
  const timeout = new AbortController();
  const asked = new SystemResolver(dns.nameServer).addresses("a.test", timeout.signal);
  timeout.abort(new Error("called off"));
  await assertRejects(() => asked, Error, "called off");
});
