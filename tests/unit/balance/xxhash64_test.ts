import { assertEquals, assertNotEquals } from "@std/assert";
import { xxHash64 } from "../../../lib/balance/_xxhash64.ts";

const encoder = new TextEncoder();

const VECTORS: readonly [string, bigint, bigint][] = [
  ["", 0n, 0xef46db3751d8e999n],
  ["a", 0n, 0xd24ec4f1a98c6e5bn],
  ["abc", 0n, 0x44bc2cf5ad770999n],
  ["xxhash", 0n, 0x32dd38952c4bc720n],
  ["xxhash", 20141025n, 0xb559b98d844e0635n],
  ["Nobody inspects the spammish repetition", 0n, 0xfbcea83c8a378bf1n],
];

for (const [text, seed, expected] of VECTORS) {
  Deno.test(`xxHash64() returns the published value for "${text}" with seed ${seed}`, () => {
    assertEquals(xxHash64(encoder.encode(text), seed), expected);
  });
}

Deno.test("xxHash64() reads a view into a larger buffer", () => {
  const bytes = encoder.encode("..abc..").subarray(2, 5);
  assertEquals(xxHash64(bytes), 0x44bc2cf5ad770999n);
});

Deno.test("xxHash64() tells inputs of every length up to 80 apart", () => {
  const hashes = new Set<bigint>();
  for (let length = 0; length <= 80; length += 1) hashes.add(xxHash64(new Uint8Array(length)));
  assertEquals(hashes.size, 81);
  assertNotEquals(xxHash64(new Uint8Array(40), 1n), xxHash64(new Uint8Array(40), 2n));
});
