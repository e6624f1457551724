import { assertEquals } from "@std/assert";
import { explainLookup } from "../../../lib/discovery/_explain_lookup.ts";
import { SystemResolver } from "../../../lib/discovery/system_resolver.ts";
import { DnsStub } from "../../support/dns_stub.ts";
import { permittedTest } from "../../support/permitted.ts";

Deno.test("explainLookup() leaves words as they are", () => {
  assertEquals(explainLookup(new Error("it has no address")), "it has no address");
  assertEquals(explainLookup(Object.assign(new Error("odd"), { code: "EODD" })), "odd");
});

permittedTest(
  ["net", "read", "env", "sys"],
  "explainLookup() puts what Deno says in words",
  async () => {
    await using dns = new DnsStub();
    dns.failing = true;
    const resolver = new SystemResolver(dns.nameServer);
    const { signal } = new AbortController();
    const failure = await resolver.services("_db._tcp.test", signal).catch(explainLookup);
    assertEquals(failure, "DNS has no such record, or the name server failed");
    const missing = await new SystemResolver().addresses("missing.invalid", signal)
      .catch(explainLookup);
    // A machine without a name server cannot know that there is none.
    const known: readonly unknown[] = [
      "there is no such name, or it has no address",
      "the name server failed or did not answer",
    ];
    assertEquals(known.includes(missing), true, String(missing));
  },
);
