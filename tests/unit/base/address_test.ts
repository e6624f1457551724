import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  addressesOverlap,
  canonicalHost,
  formatAddress,
  isHostName,
  isIpAddress,
  isIpv4,
  isIpv6,
  isLoopback,
} from "../../../lib/base/address.ts";

Deno.test("formatAddress() puts brackets around IPv6 addresses only", () => {
  assertEquals(formatAddress({ hostname: "127.0.0.1", port: 8080 }), "127.0.0.1:8080");
  assertEquals(formatAddress({ hostname: "::1", port: 8080 }), "[::1]:8080");
  assertEquals(formatAddress({ hostname: "name.example", port: 1 }), "name.example:1");
});

Deno.test("isIpv4() takes four decimal parts only", () => {
  assert(isIpv4("127.0.0.1"));
  assert(isIpv4("255.255.255.255"));
  for (const text of ["1", "1.2.3", "010.0.0.1", "0x7f.0.0.1", "256.0.0.1", "::1", ""]) {
    assertFalse(isIpv4(text), text);
  }
});

Deno.test("isIpv6() takes addresses without brackets", () => {
  for (const text of ["::", "::1", "0:0:0:0:0:0:0:1", "::ffff:1.2.3.4"]) assert(isIpv6(text), text);
  for (const zone of ["eth0", "2", "br-lan", "eth0.100", "wg_0"]) {
    assert(isIpv6(`fe80::1%${zone}`), zone);
  }
  const zones = ["fe80::1%", "fe80::1%a%b", "fe80::1%a b", "%eth0", "127.0.0.1%eth0"];
  for (const text of [...zones, "[::1]", "1::2::3", "127.0.0.1", "::1 ", ""]) {
    assertFalse(isIpv6(text), text);
  }
  assert(isIpAddress("::1") && isIpAddress("127.0.0.1"));
});

Deno.test("isHostName() takes names as DNS and containers have them", () => {
  for (const text of ["a", "localhost", "a.example.", "web_1", "_srv._tcp.a", "3com", "a-b.c1"]) {
    assert(isHostName(text), text);
  }
  const wrong = ["", ".", "a..b", "-a", "a-", "a b", "1.2.3.4", "300.1.1.1", "ä.example", "*"];
  for (const text of [...wrong, "a".repeat(64), `${"a.".repeat(130)}a`]) {
    assertFalse(isHostName(text), text);
  }
});

Deno.test("canonicalHost() makes two ways to write a host equal", () => {
  assertEquals(canonicalHost("0:0::1"), "::1");
  assertEquals(canonicalHost("NAME.Example"), "name.example");
  assertEquals(canonicalHost("127.0.0.1"), "127.0.0.1");
  assertEquals(canonicalHost("::FFFF:7f00:1"), "127.0.0.1");
  assertEquals(canonicalHost("FE80:0::1%br-lan"), "fe80::1%br-lan");
});

Deno.test("isLoopback() tells what only this machine can reach", () => {
  for (const text of ["localhost", "127.0.0.1", "127.9.9.9", "::1", "0::1", "::ffff:127.0.0.1"]) {
    assert(isLoopback(text), text);
  }
  const almost = ["127.0.0", "127.0.0.256", "127.0.0.1.example.org", "localhost.example.org"];
  for (
    const text of [
      ...almost,
      "0.0.0.0",
      "::",
      "10.0.0.1",
      "fe80::1%br-lan",
      "::ffff:10.0.0.1",
      "name",
      "",
    ]
  ) {
    assertFalse(isLoopback(text), text);
  }
});

Deno.test("addressesOverlap() counts a wildcard as every address of its family", () => {
  const at = (hostname: string, port = 80) => ({ hostname, port });
  assert(addressesOverlap(at("127.0.0.1"), at("127.0.0.1")));
  assert(addressesOverlap(at("0.0.0.0"), at("127.0.0.1")));
  assert(addressesOverlap(at("127.0.0.1"), at("0.0.0.0")));
  assert(addressesOverlap(at("::1"), at("::")));
  assert(addressesOverlap(at("::1"), at("0::1")));
  assertFalse(addressesOverlap(at("127.0.0.1"), at("127.0.0.2")));
  assertFalse(addressesOverlap(at("127.0.0.1"), at("127.0.0.1", 81)));
  assertFalse(addressesOverlap(at("0.0.0.0"), at("::1")));
  assertFalse(addressesOverlap(at("0.0.0.0"), at("::")));
  assert(addressesOverlap(at("127.0.0.1"), at("::ffff:127.0.0.1")));
  assert(addressesOverlap(at("0.0.0.0"), at("::ffff:127.0.0.1")));
  assert(addressesOverlap(at("fe80::1%br-lan"), at("FE80::1%br-lan")));
  assertFalse(addressesOverlap(at("fe80::1%br-lan"), at("fe80::1%eth0")));
});
