import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { Reused } from "../../../../lib/admin/metrics/reused.ts";
import { eventually } from "../../../support/patience.ts";

/** Keeps the thread busy, as making an answer does. */
function work(ms: number): object {
  const startMs = performance.now();
  while (performance.now() - startMs < ms);
  return {};
}

Deno.test("Reused.get() returns the same again for ten times as long as it took", () => {
  const reused = new Reused(() => work(50));
  const first = reused.get();
  assertStrictEquals(reused.get(), first);
  reused.forget();
  assert(reused.get() !== first);
});

Deno.test("Reused.get() makes a new answer where that takes no time", async () => {
  const reused = new Reused(() => ({}));
  const first = reused.get();
  await eventually("there is a new answer", () => reused.get() !== first);
});

Deno.test("Reused.get() lets all wait for the same answer", async () => {
  const answers = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  let made = 0;
  const reused = new Reused(() => (answers[made++] as typeof answers[0]).promise);
  const both = Promise.all([reused.get(), reused.get()]);
  answers[0]?.resolve(1);
  assertEquals([await both, made], [[1, 1], 1]);
  reused.forget();
  const failing = reused.get();
  answers[1]?.reject(new Error("no"));
  await assertRejects(() => failing, Error, "no");
});
