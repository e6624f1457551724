import { assertEquals, assertNotEquals } from "@std/assert";
import { addressKeyOfText } from "../../../lib/base/address_key.ts";
import { clientPrefix, DEFAULT_PREFIX_LENGTHS } from "../../../lib/base/client_prefix.ts";

function prefixOf(address: string, lengths = DEFAULT_PREFIX_LENGTHS): bigint {
  return clientPrefix(addressKeyOfText(address), lengths);
}

Deno.test("clientPrefix() takes the addresses of an IPv6 network for one client", () => {
  assertEquals(prefixOf("2001:db8:1:2::1"), prefixOf("2001:db8:1:2:ffff::9"));
  assertNotEquals(prefixOf("2001:db8:1:2::1"), prefixOf("2001:db8:1:3::1"));
  const lengths = { v4: 32, v6: 48 };
  assertEquals(prefixOf("2001:db8:1:2::1", lengths), prefixOf("2001:db8:1:3::1", lengths));
});

Deno.test("clientPrefix() takes IPv4 addresses by as many bits as it is told", () => {
  assertNotEquals(prefixOf("192.0.2.1"), prefixOf("192.0.2.2"));
  const lengths = { v4: 24, v6: 64 };
  assertEquals(prefixOf("192.0.2.1", lengths), prefixOf("::ffff:192.0.2.2", lengths));
  assertNotEquals(prefixOf("192.0.2.1", lengths), prefixOf("192.0.3.1", lengths));
});

Deno.test("clientPrefix() never takes an IPv6 address for an IPv4 one", () => {
  const lengths = { v4: 0, v6: 0 };
  assertEquals(prefixOf("1.2.3.4", lengths), prefixOf("0.0.0.0"));
  assertNotEquals(prefixOf("::1", lengths), prefixOf("0.0.0.0", lengths));
});
