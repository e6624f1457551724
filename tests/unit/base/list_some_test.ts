import { assertEquals } from "@std/assert";
import { listSome } from "../../../lib/base/list_some.ts";

Deno.test("listSome() says how many items it leaves out", () => {
  assertEquals(listSome(["a", "b"], 2), ["a", "b"]);
  assertEquals(listSome(["a", "b", "c"], 2), ["a", "b", "and 1 more"]);
  assertEquals(listSome(["a", "b", "c"], 1, "changes"), ["a", "and 2 more changes"]);
  assertEquals(listSome([], 1), []);
});
