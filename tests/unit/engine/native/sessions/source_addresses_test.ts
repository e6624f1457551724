import { assertEquals } from "@std/assert";
import { AF_INET, AF_INET6 } from "../../../../../lib/engine/native/libc/constants.ts";
import { SourceAddresses } from "../../../../../lib/engine/native/sessions/source_addresses.ts";

Deno.test("SourceAddresses.next() lets the addresses of each family take turns", () => {
  const sources = new SourceAddresses(["10.0.0.1", "::1", "10.0.0.2"]);
  const take = (family: number) => sources.next(family)?.hostname;
  assertEquals([sources.count(AF_INET), sources.count(AF_INET6)], [2, 1]);
  const taken = [AF_INET, AF_INET6, AF_INET, AF_INET6, AF_INET].map(take);
  assertEquals(taken, ["10.0.0.1", "::1", "10.0.0.2", "::1", "10.0.0.1"]);
});

Deno.test("SourceAddresses.next() returns nothing for a family without an address", () => {
  const sources = new SourceAddresses(["10.0.0.1"]);
  assertEquals([sources.count(AF_INET6), sources.next(AF_INET6)], [0, undefined]);
});

Deno.test("SourceAddresses leaves the port to the kernel", () => {
  const sockaddr = new SourceAddresses(["10.0.0.1"]).next(AF_INET)?.sockaddr ?? [];
  assertEquals([...sockaddr].slice(2), [0, 0, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
});
