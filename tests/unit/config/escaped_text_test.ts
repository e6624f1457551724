import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { escapedText } from "../../../lib/config/escaped_text.ts";

const TYPE = escapedText();

Deno.test("escapedText() reads the escapes", () => {
  assertEquals(TYPE.parse("PING\\r\\n\\t\\0\\\\\\x7f"), { ok: true, value: "PING\r\n\t\0\\\x7f" });
});

Deno.test("escapedText() returns one character for each byte of UTF-8", () => {
  assertEquals(TYPE.parse("é"), { ok: true, value: "\xc3\xa9" });
});

Deno.test("escapedText() reads a megabyte", () => {
  const parsed = TYPE.parse("é".repeat(500_000));
  assertEquals(parsed.ok && parsed.value.length, 1_000_000);
});

Deno.test("escapedText() names an escape that it does not know", () => {
  assertEquals(TYPE.parse("a\\qb"), {
    ok: false,
    problem: 'has the unknown escape "\\q": expected \\r, \\n, \\t, \\0, \\\\ or \\xNN',
  });
  const masked = TYPE.parse("\\\x1b[31m");
  assertEquals(!masked.ok && masked.problem.slice(0, 27), 'has the unknown escape "\\\uFFFD"');
});

Deno.test("escapedText() writes what it reads", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    const value = String.fromCharCode(...bytes);
    assertEquals(TYPE.parse(TYPE.format(value)), { ok: true, value });
  }));
});
