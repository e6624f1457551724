import { assertEquals } from "@std/assert";
import { arrayOf, objectOf, refTo } from "../../../../lib/admin/api/json_schema.ts";
import { RateBook } from "../../../../lib/admin/metrics/rate_book.ts";
import { findMisfit } from "../../../../lib/cli/client/find_misfit.ts";
import { sampleStatus } from "../../admin/sample_status.ts";

Deno.test("findMisfit() finds nothing in what Weir answers, nor in what it will know later", () => {
  const status = new RateBook().addTo(sampleStatus());
  assertEquals(findMisfit(status, refTo("Status")), undefined);
  assertEquals(findMisfit({ ...status, later: [1] }, refTo("Status")), undefined);
});

Deno.test("findMisfit() says where an answer is something else", () => {
  const schema = objectOf({
    name: { type: "string" },
    "count?": { type: "integer" },
    "ratio?": { type: ["number", "null"] },
    "list?": arrayOf(objectOf({ mode: refTo("Mode") })),
  });
  const cases: readonly [answer: unknown, misfit: string | undefined][] = [
    [{ name: "a", count: 1, ratio: 0.5, list: [{ mode: "drain" }] }, undefined],
    [{ name: "a", ratio: null, list: [] }, undefined],
    [{ name: "a", ratio: 1 }, undefined],
    [undefined, "the answer is not an object"],
    [null, "the answer is not an object"],
    [[], "the answer is not an object"],
    [{}, 'the answer has no member "name"'],
    [{ name: 5 }, '"name" is not a string'],
    [{ name: "a", count: 0.5 }, '"count" is not an integer'],
    [{ name: "a", ratio: "1" }, '"ratio" is not a number or null'],
    [{ name: "a", list: {} }, '"list" is not an array'],
    [{ name: "a", list: [null] }, '"list[0]" is not an object'],
    [
      { name: "a", list: [{ mode: "drain" }, { mode: "off" }] },
      '"list[1].mode" is not "ready", "drain", "maintenance"',
    ],
  ];
  for (const [answer, misfit] of cases) {
    assertEquals(findMisfit(answer, schema), misfit, JSON.stringify(answer));
  }
});
