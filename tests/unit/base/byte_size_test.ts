import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatByteSize, parseByteSize } from "../../../lib/base/byte_size.ts";

Deno.test("parseByteSize() takes binary units in either case, with or without a b", () => {
  assertEquals(parseByteSize("4096"), 4096);
  assertEquals(parseByteSize("4096b"), 4096);
  assertEquals(parseByteSize("16k"), 16_384);
  assertEquals(parseByteSize("16K"), 16_384);
  assertEquals(parseByteSize("16kB"), 16_384);
  assertEquals(parseByteSize("1m"), 1_048_576);
  assertEquals(parseByteSize("1GB"), 1_073_741_824);
});

Deno.test("parseByteSize() takes decimals that give whole bytes", () => {
  assertEquals(parseByteSize("1.5k"), 1536);
  assertEquals(parseByteSize("0.3k"), undefined);
});

Deno.test("parseByteSize() gives nothing for what is no size", () => {
  const wrong = ["", "k", "-1", "16 k", "1e3", "16kib", "1t", "0x10", ".5k"];
  for (const text of wrong) assertEquals(parseByteSize(text), undefined, text);
});

Deno.test("parseByteSize() knows a size that is far too large for one", () => {
  assertEquals(parseByteSize("99999999999g"), 99_999_999_999 * 1024 ** 3);
  assertEquals(parseByteSize("9".repeat(400)), Infinity);
});

Deno.test("formatByteSize() takes the largest unit without a fraction", () => {
  assertEquals(formatByteSize(0), "0");
  assertEquals(formatByteSize(1000), "1000");
  assertEquals(formatByteSize(16_384), "16k");
  assertEquals(formatByteSize(16 * 1024 ** 2), "16m");
  assertEquals(formatByteSize(1024 ** 3), "1g");
});

Deno.test("parseByteSize() reads back what formatByteSize() writes", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (bytes) => {
    assertEquals(parseByteSize(formatByteSize(bytes)), bytes);
  }));
  fc.assert(fc.property(fc.nat(1000), fc.constantFrom(1024, 1024 ** 2), (count, unit) => {
    assertEquals(parseByteSize(formatByteSize(count * unit)), count * unit);
  }));
});
