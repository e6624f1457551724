import { assertEquals } from "@std/assert";
import { batchesOf } from "../../runner/batches_of.ts";

function file(path: string, length = 1_000) {
  return { path, isAlone: false, length };
}

Deno.test("batchesOf() puts unit tests together, and leaves all others by themselves", () => {
  const files = ["tests/e2e/a_test.ts", "tests/unit/b_test.ts", "tests/unit/c_test.ts"]
    .map((path) => file(path));
  assertEquals(batchesOf(files).map((batch) => batch.length), [1, 2]);
});

Deno.test("batchesOf() begins another batch where one would be too long, and loses no file", () => {
  const files = Array.from({ length: 50 }, (_, n) => file(`tests/unit/${n}_test.ts`, 1_000 * n));
  const batches = batchesOf(files);
  assertEquals(batches.flat(), files);
  for (const batch of batches) {
    const length = batch.reduce((sum, each) => sum + each.length, 0);
    assertEquals(length <= 60_000 || batch.length === 1, true);
  }
});
