import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { hashAddressText } from "../../../../../lib/base/address_hash.ts";
import { addressKeyOfText } from "../../../../../lib/base/address_key.ts";
import {
  encodeSockaddr,
  familyOf,
  isEncodable,
  LONGEST_SOCKADDR,
  SockaddrBuffer,
} from "../../../../../lib/engine/native/libc/sockaddr.ts";

const AF_INET = 2;
const AF_INET6 = 10;

/** Reads back what was encoded, as the kernel would have written it. */
function readBack(sockaddr: Uint8Array): { hostname: string; port: number; name: string } {
  const buffer = new SockaddrBuffer().prepare();
  buffer.bytes.set(sockaddr);
  const { hostname, port, name } = buffer.read();
  return { hostname, port, name };
}

Deno.test("encodeSockaddr() lays out struct sockaddr_in", () => {
  const sockaddr = encodeSockaddr({ hostname: "192.0.2.1", port: 0x1234 });
  assertEquals([...sockaddr], [AF_INET, 0, 0x12, 0x34, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  assertEquals(familyOf(sockaddr), AF_INET);
});

Deno.test("encodeSockaddr() lays out struct sockaddr_in6", () => {
  const sockaddr = encodeSockaddr({ hostname: "2001:db8::1", port: 443 });
  const host = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  assertEquals([...sockaddr], [AF_INET6, 0, 1, 0xbb, 0, 0, 0, 0, ...host, 0, 0, 0, 0]);
  assertEquals([familyOf(sockaddr), sockaddr.length], [AF_INET6, LONGEST_SOCKADDR]);
});

Deno.test("encodeSockaddr() refuses anything but a plain IP address", () => {
  for (const hostname of ["localhost", "fe80::1%eth0", "127.1", "", "1.2.3.4.5"]) {
    assertEquals(isEncodable(hostname), false, hostname);
    assertThrows(() => encodeSockaddr({ hostname, port: 1 }), TypeError, `"${hostname}"`);
  }
});

Deno.test("SockaddrBuffer reads every IPv4 address and port that encodeSockaddr() writes", () => {
  fc.assert(fc.property(fc.ipV4(), fc.integer({ min: 0, max: 65535 }), (hostname, port) => {
    const name = `${hostname}:${port}`;
    assertEquals(readBack(encodeSockaddr({ hostname, port })), { hostname, port, name });
  }));
});

Deno.test("SockaddrBuffer reads every IPv6 address and port that encodeSockaddr() writes", () => {
  fc.assert(fc.property(fc.ipV6(), fc.integer({ min: 0, max: 65535 }), (text, port) => {
    const { hostname, port: portBack } = readBack(encodeSockaddr({ hostname: text, port }));
    assertEquals(
      ipaddr.parse(hostname).toNormalizedString(),
      ipaddr.parse(text).toNormalizedString(),
    );
    assertEquals(portBack, port);
  }));
});

Deno.test("SockaddrBuffer writes an IPv4-mapped address as Deno does", () => {
  const { hostname, name } = readBack(encodeSockaddr({ hostname: "::ffff:192.0.2.1", port: 80 }));
  assertEquals([hostname, name], ["::ffff:192.0.2.1", "[::ffff:192.0.2.1]:80"]);
});

Deno.test("SocketName has the hash and the key of its text", () => {
  for (
    const hostname of ["192.0.2.1", "255.255.255.255", "::1", "2001:db8::7", "::ffff:10.0.0.1"]
  ) {
    const buffer = new SockaddrBuffer().prepare();
    buffer.bytes.set(encodeSockaddr({ hostname, port: 1 }));
    const name = buffer.read();
    assertEquals(name.addressHash, hashAddressText(hostname), hostname);
    assertEquals(name.addressKey, addressKeyOfText(hostname), hostname);
  }
});

Deno.test("SockaddrBuffer keeps nothing of one address in the next", () => {
  const buffer = new SockaddrBuffer().prepare();
  buffer.bytes.set(encodeSockaddr({ hostname: "2001:db8::1", port: 1 }));
  const first = buffer.read();
  buffer.prepare().bytes.set(encodeSockaddr({ hostname: "192.0.2.9", port: 2 }));
  assertEquals([first.name, buffer.read().name], ["[2001:db8::1]:1", "192.0.2.9:2"]);
});
