import { assertEquals, assertThrows } from "@std/assert";
import { encodeLocalHeader, encodeProxyHeader } from "../../../lib/protocol/proxy_header.ts";
import type { Address } from "../../../lib/base/address.ts";

function at(hostname: string, port: number): Address {
  return { hostname, port };
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

const SIGNATURE = "0d0a0d0a000d0a515549540a";

Deno.test("encodeProxyHeader() writes v1 for every pair of families", () => {
  const vectors: [Address, Address, string][] = [
    [
      at("192.0.2.1", 55555),
      at("198.51.100.7", 443),
      "PROXY TCP4 192.0.2.1 198.51.100.7 55555 443\r\n",
    ],
    [
      at("2001:db8::1", 1),
      at("2001:DB8:0:0:0:0:0:2", 65535),
      "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n",
    ],
    [
      at("192.0.2.1", 55555),
      at("2001:db8::2", 443),
      "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 55555 443\r\n",
    ],
    [
      at("2001:db8::1", 55555),
      at("127.0.0.1", 443),
      "PROXY TCP6 2001:db8::1 ::ffff:127.0.0.1 55555 443\r\n",
    ],
    [
      at("::ffff:192.0.2.1", 55555),
      at("::ffff:c633:6407", 443),
      "PROXY TCP4 192.0.2.1 198.51.100.7 55555 443\r\n",
    ],
    [
      at("::ffff:192.0.2.1", 55555),
      at("198.51.100.7", 443),
      "PROXY TCP4 192.0.2.1 198.51.100.7 55555 443\r\n",
    ],
    [at("::1", 2), at("::", 3), "PROXY TCP6 ::1 :: 2 3\r\n"],
  ];
  for (const [source, destination, expected] of vectors) {
    assertEquals(text(encodeProxyHeader("v1", source, destination)), expected);
  }
});

Deno.test("encodeProxyHeader() writes v2 for IPv4, for IPv6 and for mixed families", () => {
  const vectors: [Address, Address, string][] = [
    [
      at("192.0.2.1", 55555),
      at("198.51.100.7", 443),
      `${SIGNATURE}2111000cc0000201c6336407d90301bb`,
    ],
    [
      at("2001:db8::1", 55555),
      at("::1", 443),
      `${SIGNATURE}21210024${"20010db8000000000000000000000001"}${"0".repeat(31)}1d90301bb`,
    ],
    [
      at("192.0.2.1", 55555),
      at("::1", 443),
      `${SIGNATURE}21210024${"00000000000000000000ffffc0000201"}${"0".repeat(31)}1d90301bb`,
    ],
    [
      at("::ffff:192.0.2.1", 55555),
      at("::ffff:198.51.100.7", 443),
      `${SIGNATURE}2111000cc0000201c6336407d90301bb`,
    ],
  ];
  for (const [source, destination, expected] of vectors) {
    assertEquals(encodeProxyHeader("v2", source, destination).toHex(), expected);
  }
});

Deno.test("encodeLocalHeader() says UNKNOWN in v1 and LOCAL in v2", () => {
  assertEquals(text(encodeLocalHeader("v1")), "PROXY UNKNOWN\r\n");
  assertEquals(encodeLocalHeader("v2").toHex(), `${SIGNATURE}20000000`);
});

Deno.test("encodeProxyHeader() refuses host names, zones and ports that are none", () => {
  const good = at("127.0.0.1", 80);
  for (const hostname of ["localhost", "", "fe80::1%eth0", "127.1", "010.0.0.1", "1.2.3.4 "]) {
    assertThrows(
      () => encodeProxyHeader("v1", at(hostname, 80), good),
      TypeError,
      `Cannot write a PROXY header for "${hostname}": it is not an IP address`,
    );
  }
  for (const port of [-1, 65536, 1.5, NaN]) {
    assertThrows(() => encodeProxyHeader("v2", good, at("127.0.0.1", port)), RangeError);
  }
});
