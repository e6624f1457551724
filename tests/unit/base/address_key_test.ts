import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { addressKeyOfBytes, addressKeyOfText } from "../../../lib/base/address_key.ts";

Deno.test("addressKeyOfText() gives an IPv4 address as the number that it is", () => {
  assertEquals(addressKeyOfText("0.0.0.0"), 0n);
  assertEquals(addressKeyOfText("1.2.3.4"), 0x01020304n);
  assertEquals(addressKeyOfText("255.255.255.255"), 0xffffffffn);
});

Deno.test("addressKeyOfText() takes an IPv4-mapped address for the IPv4 address", () => {
  assertEquals(addressKeyOfText("::ffff:10.0.0.7"), addressKeyOfText("10.0.0.7"));
  assertEquals(addressKeyOfText("::ffff:a00:7"), addressKeyOfText("10.0.0.7"));
});

Deno.test("addressKeyOfText() gives one key to one IPv6 address, however it is written", () => {
  assertEquals(addressKeyOfText("2001:db8::1"), addressKeyOfText("2001:0DB8:0:0:0:0:0:1"));
  assertEquals(addressKeyOfText("fe80::1%eth0"), addressKeyOfText("fe80::1"));
  assertNotEquals(addressKeyOfText("2001:db8::1"), addressKeyOfText("2001:db8::2"));
  assertNotEquals(addressKeyOfText("::1"), addressKeyOfText("0.0.0.1"));
});

Deno.test("addressKeyOfText() refuses what is no address", () => {
  assertThrows(() => addressKeyOfText("localhost"), TypeError, '"localhost" is not an address');
  assertThrows(() => addressKeyOfText("1.2.3.256"), TypeError);
});

Deno.test("addressKeyOfBytes() gives the key of the same address in text", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
    assertEquals(addressKeyOfBytes(bytes), addressKeyOfText(bytes.join(".")));
  }));
  fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
    const groups = Array.from(
      { length: 8 },
      (_, at) => new DataView(bytes.buffer, bytes.byteOffset).getUint16(at * 2).toString(16),
    );
    assertEquals(addressKeyOfBytes(bytes), addressKeyOfText(groups.join(":")));
  }));
});

Deno.test("addressKeyOfBytes() refuses other lengths", () => {
  assertThrows(
    () => addressKeyOfBytes(new Uint8Array(5)),
    RangeError,
    'Cannot make a key of "5" bytes: an address has 4 bytes or 16',
  );
});
