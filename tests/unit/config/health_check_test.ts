import { assertEquals } from "@std/assert";
import { healthCheck } from "../../../lib/config/health_check.ts";

const TYPE = healthCheck();

for (
  const [text, value] of [
    ["off", { kind: "off" }],
    ["tcp", { kind: "tcp" }],
    ["send_expect", { kind: "send_expect" }],
    ["http:/", { kind: "http", path: "/", status: 0 }],
    ["http:/a/b?c=d", { kind: "http", path: "/a/b?c=d", status: 0 }],
    ["http:a", undefined],
    ["http:/a/b=204", { kind: "http", path: "/a/b", status: 204 }],
  ] as const
) {
  Deno.test(`healthCheck() ${value === undefined ? "refuses" : "reads and writes"} ${text}`, () => {
    const parsed = TYPE.parse(text);
    assertEquals(parsed.ok, value !== undefined);
    if (!parsed.ok || value === undefined) return;
    assertEquals(parsed.value, value);
    assertEquals(TYPE.format(parsed.value), text);
  });
}

Deno.test("healthCheck() says what is wrong", () => {
  const problemOf = (text: string) => {
    const parsed = TYPE.parse(text);
    return parsed.ok ? "" : parsed.problem;
  };
  assertEquals(problemOf("tpc"), 'is unknown; did you mean "tcp"?');
  assertEquals(
    problemOf("http:status"),
    'has no path: expected "http:/path" or "http:/path=status"',
  );
  assertEquals(
    problemOf("http://127.0.0.1/status"),
    'has a host, but the request goes to the backend: expected "http:/path" or "http:/path=status"',
  );
  assertEquals(
    problemOf("http:/a b"),
    "has characters in its path that are not printable ASCII: write %20 for a space",
  );
  assertEquals(problemOf("http:/=600"), "has a status that is out of range: expected 100 to 599");
});
