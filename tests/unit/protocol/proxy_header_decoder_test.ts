import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { isIPv4, isIPv6 } from "node:net";
import type { Address } from "../../../lib/base/address.ts";
import { crc32c } from "../../../lib/protocol/crc32c.ts";
import { encodeLocalHeader, encodeProxyHeader } from "../../../lib/protocol/proxy_header.ts";
import {
  decodeProxyHeader,
  type ProxyHeader,
  type ProxyHeaderResult,
} from "../../../lib/protocol/proxy_header_decoder.ts";
import { howMany } from "../../support/long_tests.ts";

const SIGNATURE = "0d0a0d0a000d0a515549540a";
const IPV4_PAIR = "c0000201c6336407d90301bb";
const SOURCE = { hostname: "192.0.2.1", port: 55555 };
const DESTINATION = { hostname: "198.51.100.7", port: 443 };

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function v2(rest: string): Uint8Array {
  return Uint8Array.fromHex(SIGNATURE + rest);
}

function header(bytes: Uint8Array): ProxyHeader {
  const result = decodeProxyHeader(bytes);
  if (result.kind !== "header") throw new Error(`not a header: ${JSON.stringify(result)}`);
  return result;
}

function whyInvalid(bytes: Uint8Array): string {
  const result = decodeProxyHeader(bytes);
  return result.kind === "invalid" ? result.why : `not invalid but ${JSON.stringify(result)}`;
}

/** Feeds the bytes one by one until there is an answer. */
function decodeByteByByte(bytes: Uint8Array): ProxyHeaderResult {
  for (let end = 0; end < bytes.length; end++) {
    const result = decodeProxyHeader(bytes.subarray(0, end));
    if (result.kind !== "need_more") return result;
  }
  return decodeProxyHeader(bytes);
}

Deno.test("decodeProxyHeader() reads v1 for TCP4 and leaves what follows", () => {
  const line = "PROXY TCP4 192.0.2.1 198.51.100.7 55555 443\r\n";
  assertEquals(header(ascii(`${line}GET / HTTP/1.1\r\n`)), {
    kind: "header",
    version: "v1",
    command: "proxy",
    source: SOURCE,
    destination: DESTINATION,
    length: line.length,
    tlvs: [],
  });
});

Deno.test("decodeProxyHeader() reads v1 for TCP6, with an IPv4 tail and at its longest too", () => {
  const short = header(ascii("PROXY TCP6 ::ffff:192.0.2.1 2001:DB8::2 0 65535\r\n"));
  assertEquals(short.source, { hostname: "::ffff:192.0.2.1", port: 0 });
  assertEquals(short.destination, { hostname: "2001:db8::2", port: 65535 });

  const full = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  const long = header(ascii(`PROXY TCP6 ${full} ${full} 65535 65535\r\n`));
  assertEquals(long.length, 104);
  assertEquals(long.source, { hostname: full, port: 65535 });
});

Deno.test("decodeProxyHeader() takes v1 UNKNOWN with and without more, up to 107 bytes", () => {
  for (const line of ["PROXY UNKNOWN\r\n", `PROXY UNKNOWN ${"x".repeat(91)}\r\n`]) {
    const result = header(ascii(`${line}data`));
    assertEquals(result.command, "local");
    assertEquals(result.length, line.length);
    assertEquals(result.source, undefined);
  }
  assertStringIncludes(
    whyInvalid(ascii(`PROXY UNKNOWN ${"x".repeat(92)}\r\n`)),
    "within 107 bytes",
  );
});

Deno.test("decodeProxyHeader() refuses v1 lines that bend the grammar", () => {
  const lines = [
    "PROXY TCP4 192.0.2.01 198.51.100.7 55555 443\r\n",
    "PROXY TCP4 192.0.2.256 198.51.100.7 55555 443\r\n",
    "PROXY TCP4 192.0.2 198.51.100.7 55555 443\r\n",
    "PROXY TCP4 0x7f.0.0.1 198.51.100.7 55555 443\r\n",
    "PROXY TCP4 ::1 ::1 55555 443\r\n",
    "PROXY TCP6 192.0.2.1 198.51.100.7 55555 443\r\n",
    "PROXY TCP6 fe80::1%eth0 ::1 55555 443\r\n",
    "PROXY TCP6 1::2::3 ::1 55555 443\r\n",
    "PROXY TCP6 12345::1 ::1 55555 443\r\n",
    "PROXY TCP6 ::ffff:192.0.2.01 ::1 55555 443\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 055555 443\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 00 443\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 65536 443\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 -1 443\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 +1 443\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 1e3 443\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 55555\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.7 55555 443 \r\n",
    "PROXY TCP4 192.0.2.1  198.51.100.7 55555 443\r\n",
    "PROXY  TCP4 192.0.2.1 198.51.100.7 55555 443\r\n",
    "PROXY\tTCP4 192.0.2.1 198.51.100.7 55555 443\r\n",
    "PROXY tcp4 192.0.2.1 198.51.100.7 55555 443\r\n",
    "PROXY UDP4 192.0.2.1 198.51.100.7 55555 443\r\n",
    "PROXY UNKNOWNS\r\n",
    "PROXY \r\n",
    "proxy TCP4 192.0.2.1 198.51.100.7 55555 443\r\n",
    "PROXY UNKNOWN\n",
    "PROXY UNKNOWN\rx",
    "PROXY UNKNOWN \r\r\n",
    "GET / HTTP/1.1\r\n",
  ];
  for (const line of lines) {
    assertEquals(decodeProxyHeader(ascii(line)).kind, "invalid", JSON.stringify(line));
  }
});

Deno.test("decodeProxyHeader() says no as early as the bytes allow", () => {
  assertEquals(decodeProxyHeader(ascii("PROXX")).kind, "invalid");
  assertEquals(decodeProxyHeader(ascii("G")).kind, "invalid");
  assertEquals(decodeProxyHeader(Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0b)).kind, "invalid");
  assertEquals(decodeProxyHeader(v2("31")).kind, "invalid");
  assertEquals(decodeProxyHeader(v2("2110")).kind, "invalid");
});

Deno.test("decodeProxyHeader() reads v2 for TCP over IPv4 and IPv6", () => {
  const ipv4 = header(v2(`2111000c${IPV4_PAIR}cafe`));
  assertEquals(ipv4, {
    kind: "header",
    version: "v2",
    command: "proxy",
    source: SOURCE,
    destination: DESTINATION,
    length: 28,
    tlvs: [],
  });
  const ipv6 = header(
    v2("2121002420010db800000000000000000000000100000000000000000000ffffc0000201d90301bb"),
  );
  assertEquals(ipv6.source, { hostname: "2001:db8::1", port: 55555 });
  assertEquals(ipv6.destination, { hostname: "::ffff:192.0.2.1", port: 443 });
  assertEquals(ipv6.length, 52);
});

Deno.test("decodeProxyHeader() skips what follows v2 LOCAL, whatever it is", () => {
  const result = header(v2("20ff0003ffffffcafe"));
  assertEquals(result.command, "local");
  assertEquals(result.length, 19);
  assertEquals(result.tlvs, []);
});

Deno.test("decodeProxyHeader() returns no addresses for v2 UNSPEC, UDP and Unix sockets", () => {
  const unix = "00".repeat(216);
  for (
    const rest of ["21000000", `2112000c${IPV4_PAIR}`, `213100d8${unix}`, `213200d8${unix}`]
  ) {
    const result = header(v2(rest));
    assertEquals(result.command, "proxy");
    assertEquals(result.source, undefined);
    assertEquals(result.length, 12 + rest.length / 2);
  }
});

Deno.test("decodeProxyHeader() refuses every v2 value that is not assigned", () => {
  for (let byte = 0; byte < 256; byte++) {
    const hex = byte.toString(16).padStart(2, "0");
    const command = decodeProxyHeader(v2(`${hex}11000c${IPV4_PAIR}`)).kind;
    assertEquals(command === "header", byte === 0x20 || byte === 0x21, `command 0x${hex}`);
    const family = decodeProxyHeader(v2(`21${hex}00d8${"00".repeat(216)}`)).kind;
    const assigned = [0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32].includes(byte);
    assertEquals(family === "header", assigned, `family 0x${hex}`);
  }
});

Deno.test("decodeProxyHeader() refuses v2 headers that are too short or too long", () => {
  assertStringIncludes(whyInvalid(v2("2111000b")), "too short for its addresses");
  assertStringIncludes(whyInvalid(v2("21210023")), "too short for its addresses");
  assertEquals(decodeProxyHeader(v2("21110ff0")).kind, "need_more");
  assertStringIncludes(whyInvalid(v2("21110ff1")), "4097 bytes long: at most 4096 are read");
  assertStringIncludes(whyInvalid(v2("2000ffff")), "at most 4096 are read");
});

Deno.test("decodeProxyHeader() reads TLVs and refuses those that run over the end", () => {
  const result = header(v2(`21110017${IPV4_PAIR}020001${"61"}040000050001${"ff"}`));
  assertEquals(result.tlvs, [
    { type: 0x02, value: ascii("a") },
    { type: 0x04, value: new Uint8Array() },
    { type: 0x05, value: Uint8Array.of(0xff) },
  ]);
  assertStringIncludes(whyInvalid(v2(`2111000e${IPV4_PAIR}0400`)), "ends within a TLV");
  assertStringIncludes(whyInvalid(v2(`2111000f${IPV4_PAIR}040001`)), "ends within a TLV");
  assertStringIncludes(
    whyInvalid(v2(`21110090${IPV4_PAIR}050081${"00".repeat(129)}`)),
    "a unique ID of 129 bytes",
  );
});

Deno.test("decodeProxyHeader() checks the CRC-32C where there is one", () => {
  const bytes = v2(`21110013${IPV4_PAIR}03000400000000`);
  new DataView(bytes.buffer).setUint32(31, crc32c(bytes));
  assertEquals(header(bytes).source, SOURCE);
  for (let i = 16; i < bytes.length; i++) {
    // The field's own type: with another one there is no checksum to fail.
    if (i === 28) continue;
    const broken = bytes.slice();
    broken[i] = (broken[i] as number) ^ 1;
    assertNotEquals(decodeProxyHeader(broken).kind, "header", `byte ${i}`);
  }
  assertStringIncludes(whyInvalid(v2(`21110012${IPV4_PAIR}030003000000`)), "its checksum");
});

Deno.test("decodeProxyHeader() reads a header from the middle of a larger buffer", () => {
  const bytes = v2(`21110013${IPV4_PAIR}03000400000000`);
  new DataView(bytes.buffer).setUint32(31, crc32c(bytes));
  const larger = new Uint8Array(100);
  larger.set(bytes, 7);
  assertEquals(decodeProxyHeader(larger.subarray(7)), decodeProxyHeader(bytes));
});

Deno.test("decodeProxyHeader() knows the headers that are made for nobody", () => {
  for (const version of ["v1", "v2"] as const) {
    const bytes = encodeLocalHeader(version);
    const result = header(bytes);
    assertEquals([result.version, result.command, result.length], [version, "local", bytes.length]);
  }
});

const PORTS = fc.integer({ min: 0, max: 65535 });
const IPV4S: fc.Arbitrary<Address> = fc.record({ hostname: fc.ipV4(), port: PORTS });
const IPV6S: fc.Arbitrary<Address> = fc.record({ hostname: fc.ipV6(), port: PORTS });
const VERSIONS = fc.constantFrom("v1" as const, "v2" as const);

/** Sixteen bytes of an address in eight groups, for comparing spellings. */
function canonical(address: Address): string {
  const { hostname, port } = address;
  const url = new URL(isIPv4(hostname) ? `http://[::ffff:${hostname}]` : `http://[${hostname}]`);
  return `${url.hostname} ${port}`;
}

Deno.test("encodeProxyHeader() and decodeProxyHeader() are each other's inverse", () => {
  fc.assert(fc.property(
    VERSIONS,
    fc.oneof(IPV4S, IPV6S),
    fc.oneof(IPV4S, IPV6S),
    fc.uint8Array({ maxLength: 20 }),
    (version, source, destination, payload) => {
      const bytes = encodeProxyHeader(version, source, destination);
      const result = header(Uint8Array.of(...bytes, ...payload));
      assertEquals(result.version, version);
      assertEquals(result.length, bytes.length);
      assertEquals(canonical(result.source as Address), canonical(source));
      assertEquals(canonical(result.destination as Address), canonical(destination));
      const again = encodeProxyHeader(
        version,
        result.source as Address,
        result.destination as Address,
      );
      assertEquals(again, bytes);
    },
  ));
});

/** Headers that are nearly right: a good one with a few bytes changed, and some payload. */
const NEAR_HEADERS = fc.tuple(
  VERSIONS,
  fc.oneof(IPV4S, IPV6S),
  fc.oneof(IPV4S, IPV6S),
  fc.array(fc.tuple(fc.nat({ max: 120 }), fc.nat({ max: 255 })), { maxLength: 3 }),
  fc.uint8Array({ maxLength: 120 }),
).map(([version, source, destination, changes, payload]) => {
  const bytes = Uint8Array.of(...encodeProxyHeader(version, source, destination), ...payload);
  for (const [index, value] of changes) if (index < bytes.length) bytes[index] = value;
  return bytes;
});

Deno.test("decodeProxyHeader() answers the same byte by byte as at once", () => {
  fc.assert(
    fc.property(NEAR_HEADERS, (bytes) => {
      assertEquals(decodeByteByByte(bytes), decodeProxyHeader(bytes));
    }),
    { numRuns: howMany(300, 50_000) },
  );
});

Deno.test("decodeProxyHeader() never throws, and never claims more bytes than there are", () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map((rest) => Uint8Array.of(...ascii("PROXY "), ...rest)),
    fc.uint8Array({ maxLength: 300 }).map((rest) => Uint8Array.of(...v2(""), ...rest)),
    NEAR_HEADERS,
  );
  fc.assert(
    fc.property(anything, (bytes) => {
      const result = decodeProxyHeader(bytes);
      if (result.kind === "header") assertEquals(result.length <= bytes.length, true);
      if (result.kind === "invalid") assertMatch(result.why, /^[a-z].*[^.]$/);
    }),
    { numRuns: howMany(1_000, 50_000) },
  );
});

Deno.test("decodeProxyHeader() takes exactly the v1 addresses that the system's parser takes", () => {
  const spelling = fc.oneof(
    fc.ipV6(),
    fc.ipV4(),
    fc.stringMatching(/^[0-9a-fA-F:.]{1,39}$/),
    fc.stringMatching(/^(?:[0-9a-f]{0,5}:){1,8}[0-9a-f]{0,5}$/),
    fc.stringMatching(/^::(?:ffff:)?(?:\d{1,3}\.){3}\d{1,3}$/),
  ).filter((text) => text.length <= 39);
  fc.assert(
    fc.property(spelling, (text) => {
      const kind = (family: string, other: string): string =>
        decodeProxyHeader(ascii(`PROXY ${family} ${text} ${other} 1 2\r\n`)).kind;
      assertEquals(kind("TCP6", "::1"), isIPv6(text) ? "header" : "invalid", text);
      assertEquals(kind("TCP4", "127.0.0.1"), isIPv4(text) ? "header" : "invalid", text);
    }),
    { numRuns: howMany(1_000, 50_000) },
  );
});
