import { assertEquals } from "@std/assert";
import { Backoff } from "../../../lib/base/backoff.ts";

Deno.test("Backoff.next() doubles up to the longest wait", () => {
  const backoff = new Backoff({ firstMs: 10, longestMs: 50 });
  assertEquals([1, 2, 3, 4, 5].map(() => backoff.next()), [10, 20, 40, 50, 50]);
});

Deno.test("Backoff.reset() starts again", () => {
  const backoff = new Backoff({ firstMs: 10, longestMs: 50 });
  backoff.next();
  backoff.next();
  backoff.reset();
  assertEquals(backoff.next(), 10);
});
