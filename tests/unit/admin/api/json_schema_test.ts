import { assertEquals } from "@std/assert";
import { findFault, type JsonSchema, objectOf } from "../../../../lib/admin/api/json_schema.ts";

const MODE: JsonSchema = objectOf({
  mode: { type: "string", enum: ["ready", "drain"] },
  "weight?": { type: "integer", minimum: 0, maximum: 256 },
});

const CASES: readonly [value: unknown, fault: string | undefined][] = [
  [{ mode: "ready" }, undefined],
  [{ mode: "drain", weight: 0 }, undefined],
  [{ mode: "drain", weight: 256 }, undefined],
  [{ mode: "off" }, '"mode" is "off": expected "ready", "drain"'],
  [{ mode: 1 }, '"mode" is 1: expected "ready", "drain"'],
  [{}, 'The body has no member "mode"'],
  [
    { mode: "ready", extra: 1 },
    'The body has an unknown member "extra": expected "mode", "weight"',
  ],
  [{ mode: "ready", weight: 257 }, '"weight" is 257: expected a whole number from 0 to 256'],
  [{ mode: "ready", weight: -1 }, '"weight" is -1: expected a whole number from 0 to 256'],
  [{ mode: "ready", weight: 1.5 }, '"weight" is 1.5: expected a whole number from 0 to 256'],
  [{ mode: "ready", weight: "1" }, '"weight" is "1": expected a whole number from 0 to 256'],
  [[], "The body is []: expected an object"],
  [null, "The body is null: expected an object"],
  ["ready", 'The body is "ready": expected an object'],
];

Deno.test("findFault() says what was found and what is allowed", () => {
  for (const [value, fault] of CASES) assertEquals(findFault(value, MODE, "The body"), fault);
});

Deno.test("findFault() does not take what every object has for a member", () => {
  const value = JSON.parse('{"mode":"ready","__proto__":1}');
  assertEquals(
    findFault(value, MODE, "The body"),
    'The body has an unknown member "__proto__": expected "mode", "weight"',
  );
});

Deno.test("findFault() says of a number without an upper end where it begins", () => {
  assertEquals(
    findFault(-1, { type: "integer", minimum: 0 }, "It"),
    "It is -1: expected a whole number of at least 0",
  );
});

Deno.test("findFault() cuts what was found short", () => {
  const fault = findFault("a".repeat(9999), { type: "integer" }, "It") as string;
  assertEquals(fault, `It is "${"a".repeat(99)}…: expected an integer`);
});
