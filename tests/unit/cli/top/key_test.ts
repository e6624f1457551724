import { assertEquals } from "@std/assert";
import { parseKeys } from "../../../../lib/cli/top/key.ts";

Deno.test("parseKeys() tells characters from keys with a name", () => {
  assertEquals(parseKeys("q\x1b[A\x1bOB\r\x7fé"), [
    { kind: "character", text: "q" },
    { kind: "up" },
    { kind: "down" },
    { kind: "enter" },
    { kind: "backspace" },
    { kind: "character", text: "é" },
  ]);
});

Deno.test("parseKeys() takes an escape character alone for the key", () => {
  assertEquals(parseKeys("\x1b"), [{ kind: "escape" }]);
  assertEquals(parseKeys("\x03"), [{ kind: "interrupt" }]);
});

Deno.test("parseKeys() leaves out what means nothing here", () => {
  assertEquals(parseKeys("\x1b[1;5C\x01\x1b[20~"), []);
});
