import { assert, assertEquals } from "@std/assert";
import { traceOf } from "../../../lib/base/trace_of.ts";

Deno.test("traceOf() tells where an error was thrown", () => {
  const trace = traceOf(new TypeError("no number"));
  assert(trace.startsWith("TypeError: no number\n"), trace);
  assert(trace.includes("trace_of_test.ts"), trace);
});

Deno.test("traceOf() gives whatever else was thrown as text", () => {
  assertEquals(["text", undefined].map(traceOf), ["text", "undefined"]);
});
