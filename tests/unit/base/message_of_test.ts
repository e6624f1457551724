import { assertEquals } from "@std/assert";
import { messageOf } from "../../../lib/base/message_of.ts";

Deno.test("messageOf() tells whatever was thrown", () => {
  const thrown = [new TypeError("no number"), "text", undefined, { toString: () => "odd" }];
  assertEquals(thrown.map(messageOf), ["no number", "text", "undefined", "odd"]);
});
