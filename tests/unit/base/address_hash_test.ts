import { assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { hashAddressBytes, hashAddressText, mix32 } from "../../../lib/base/address_hash.ts";

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(ipaddr.parse(text).toByteArray());
}

Deno.test("hashAddressText() and hashAddressBytes() agree on every IPv4 address", () => {
  fc.assert(fc.property(fc.ipV4(), (text) => {
    assertEquals(hashAddressText(text), hashAddressBytes(bytesOf(text)), text);
  }));
});

Deno.test("hashAddressText() and hashAddressBytes() agree on every IPv6 address", () => {
  // Mostly zeros, so that "::" stands for runs of every length and place.
  const group = fc.oneof(fc.constant(0), fc.constant(0), fc.constant(0xffff), fc.nat(0xffff));
  fc.assert(fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
    const bytes = Uint8Array.from(groups.flatMap((value) => [value >> 8, value & 255]));
    const address = new ipaddr.IPv6(groups);
    const hash = hashAddressBytes(bytes);
    assertEquals(hashAddressText(address.toRFC5952String()), hash);
    assertEquals(hashAddressText(address.toNormalizedString()), hash);
    assertEquals(hashAddressText(address.toNormalizedString().toUpperCase()), hash);
  }));
});

Deno.test("hashAddressText() hashes all spellings of an IPv6 address alike", () => {
  const spellings = [
    "2001:db8::1",
    "2001:DB8::1",
    "2001:0db8:0000:0000:0000:0000:0000:0001",
    "2001:db8:0:0::0:1",
    "2001:db8::0.0.0.1",
    "2001:db8::1%eth0",
  ];
  assertEquals(new Set(spellings.map(hashAddressText)).size, 1);
  assertEquals(hashAddressText("::"), hashAddressText("0:0:0:0:0:0:0:0"));
  assertEquals(hashAddressText("1::"), hashAddressText("1:0:0:0:0:0:0:0"));
  assertEquals(hashAddressText("1:2:3:4:5:6:7::"), hashAddressText("1:2:3:4:5:6:7:0"));
  assertNotEquals(hashAddressText("::1"), hashAddressText("1::"));
});

Deno.test("hashAddressText() hashes an IPv4-mapped address as its IPv4 address", () => {
  const hash = hashAddressText("192.0.2.33");
  assertEquals(hashAddressText("::ffff:192.0.2.33"), hash);
  assertEquals(hashAddressText("::ffff:c000:221"), hash);
  assertEquals(hashAddressBytes(bytesOf("::ffff:192.0.2.33")), hash);
  assertNotEquals(hashAddressText("::192.0.2.33"), hash);
});

Deno.test("hashAddressText() tells what is not an address apart by its text", () => {
  const texts = [
    "",
    "unix",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1..2.3",
    "1.2.3.",
    "1.2.3.4%eth0",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "12345::",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::1.2.3",
    "1:",
    "::g",
  ];
  assertEquals(new Set(texts.map(hashAddressText)).size, texts.length);
  // Each of these would come out as this address if its mistake went unnoticed.
  for (const text of ["1.2.3.4.", "001.2.3.4", "1.2.3.4%eth0", "1.2.3.04"]) {
    assertNotEquals(hashAddressText(text), hashAddressText("1.2.3.4"), text);
  }
  for (const text of ["::1::", "::00001", "0:0:0:0:0:0:0:0:1", ":::1", "::1:"]) {
    assertNotEquals(hashAddressText(text), hashAddressText("::1"), text);
  }
  assertNotEquals(hashAddressText("1::2::3"), hashAddressText("1:2::3"));
  assertNotEquals(hashAddressText("1::2::3"), hashAddressText("1::2:3"));
});

Deno.test("hashAddressText() gives unsigned 32-bit integers", () => {
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
    const hash = hashAddressText(text);
    assertEquals(hash, hash >>> 0);
  }));
});

Deno.test("hashAddressText() spreads a network's neighbours evenly and without collisions", () => {
  const hashes = new Set<number>();
  const bins = new Array<number>(16).fill(0);
  for (let host = 0; host < 16_384; host += 1) {
    const hash = hashAddressText(`10.1.${host >> 8}.${host & 255}`);
    hashes.add(hash);
    bins[hash % 16] = (bins[hash % 16] ?? 0) + 1;
  }
  assertEquals(hashes.size, 16_384);
  for (const count of bins) assertAlmostEquals(count, 1_024, 150);
});

Deno.test("hashAddressBytes() refuses what is neither 4 nor 16 bytes", () => {
  assertThrows(
    () => hashAddressBytes(new Uint8Array(6)),
    RangeError,
    'Cannot hash an address of "6" bytes: it must have 4 bytes or 16',
  );
});

Deno.test("hashAddressBytes() reads a view into a larger buffer", () => {
  const buffer = Uint8Array.of(9, 9, 192, 0, 2, 1, 9);
  assertEquals(hashAddressBytes(buffer.subarray(2, 6)), hashAddressText("192.0.2.1"));
});

Deno.test("mix32() changes half of the bits for one", () => {
  let changed = 0;
  for (let bit = 0; bit < 32; bit += 1) {
    for (let value = 0; value < 64; value += 1) {
      let difference = mix32(value * 0x01010101) ^ mix32((value * 0x01010101) ^ (1 << bit));
      for (; difference !== 0; difference &= difference - 1) changed += 1;
    }
  }
  assertAlmostEquals(changed / (32 * 64), 16, 0.5);
});
