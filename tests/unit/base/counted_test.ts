import { assertEquals } from "@std/assert";
import { counted } from "../../../lib/base/counted.ts";

Deno.test("counted() has the singular for one only", () => {
  assertEquals([0, 1, 2].map((count) => counted(count, "session")), [
    "0 sessions",
    "1 session",
    "2 sessions",
  ]);
  assertEquals(counted(1, "address", "addresses"), "1 address");
  assertEquals(counted(3, "address", "addresses"), "3 addresses");
});
