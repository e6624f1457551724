import { assertEquals, assertThrows } from "@std/assert";
import { findRoute, readParameters } from "../../../../lib/admin/api/router.ts";
import { ROUTES } from "../../../../lib/admin/api/routes.ts";
import { Problem } from "../../../../lib/admin/server/problem.ts";

function read(method: string, text: string): [path: string, parameters: object] {
  const { pathname, searchParams } = new URL(text, "http://localhost");
  const match = findRoute(ROUTES, method, pathname);
  return [match.route.path, readParameters(match, searchParams)];
}

function problemOf(method: string, text: string): [status: number, detail: string, allow?: string] {
  const { status, message, headers } = assertThrows(() => read(method, text), Problem);
  return headers.allow === undefined ? [status, message] : [status, message, headers.allow];
}

Deno.test("findRoute() reads encoded parts of the path", () => {
  assertEquals(read("POST", "/api/v1/backends/24003%2F%5B%3A%3A1%5D%3A80/mode"), [
    "/api/v1/backends/{id}/mode",
    { id: "24003/[::1]:80" },
  ]);
  assertEquals(read("DELETE", "/api/v1/sessions/0-12"), [
    "/api/v1/sessions/{id}",
    { id: "0-12" },
  ]);
});

Deno.test("findRoute() sends HEAD where GET goes", () => {
  assertEquals(read("HEAD", "/healthz"), ["/healthz", {}]);
});

Deno.test("findRoute() says what is not there, and what can be done to what is", () => {
  assertEquals(problemOf("GET", "/nope"), [404, 'There is nothing at "/nope"; see GET /api']);
  assertEquals(problemOf("GET", "/api/")[0], 404);
  assertEquals(problemOf("GET", "//healthz"), [404, 'There is nothing at "/"; see GET /api']);
  assertEquals(problemOf("DELETE", "/api/v1/sessions/")[0], 404);
  assertEquals(problemOf("POST", "/metrics"), [
    405,
    'POST is not allowed for "/metrics": expected GET, HEAD',
    "GET, HEAD",
  ]);
  assertEquals(problemOf("OPTIONS", "/api/v1/reload")[2], "POST");
  assertEquals(problemOf("GET", "/api/v1/sessions/%zz"), [
    400,
    '"%zz" in the path is not valid percent-encoding',
  ]);
});

Deno.test("readParameters() reads the query by the route's parameters", () => {
  assertEquals(read("GET", "/api/v1/sessions?limit=5&client=::1&listener=%5B::%5D:80")[1], {
    limit: 5,
    client: "::1",
    listener: "[::]:80",
  });
});

Deno.test("readParameters() refuses what is unknown, doubled or out of range", () => {
  assertEquals(problemOf("GET", "/api/v1/sessions?limits=5"), [
    400,
    'Parameter "limits" is unknown; did you mean "limit"?',
  ]);
  assertEquals(problemOf("GET", "/api/v1/status?pretty=1"), [
    400,
    'Parameter "pretty" is unknown: this route takes none',
  ]);
  assertEquals(problemOf("GET", "/api/v1/sessions?limit=1&limit=2"), [
    400,
    'Parameter "limit" is given twice',
  ]);
  for (const wrong of ["0", "1001", "-1", "1.5", "ten", ""]) {
    assertEquals(problemOf("GET", `/api/v1/sessions?limit=${wrong}`)[0], 400);
  }
});

Deno.test("every route has a sentence and a place of its own", () => {
  const places = ROUTES.map(({ method, path }) => `${method} ${path}`);
  assertEquals(new Set(places).size, places.length);
  for (const { doc, method, permission } of ROUTES) {
    assertEquals(doc.endsWith("."), true, doc);
    assertEquals(method === "GET", permission !== "write");
  }
});
