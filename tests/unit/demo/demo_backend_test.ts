import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatAddress } from "../../../lib/base/address.ts";
import { DemoBackend } from "../../../lib/demo/demo_backend.ts";
import { SharedFolder } from "../../../lib/demo/shared_folder.ts";
import { encodeLocalHeader, encodeProxyHeader } from "../../../lib/protocol/proxy_header.ts";
import { permittedTest } from "../../support/permitted.ts";

const CLIENT = { hostname: "192.0.2.1", port: 5555 };
const V1 = encodeProxyHeader("v1", CLIENT, { hostname: "127.0.0.1", port: 24003 });
const V2 = encodeProxyHeader("v2", CLIENT, { hostname: "127.0.0.1", port: 24003 });
const PROJECT = new URL("../../../", import.meta.url);

function backendTest(name: string, test: (backend: DemoBackend) => Promise<void>): void {
  permittedTest(["net", "read"], name, async () => {
    const folder = await SharedFolder.open(PROJECT);
    const backend = DemoBackend.listen({ hostname: "127.0.0.1", port: 0 }, folder);
    try {
      await test(backend);
    } finally {
      await backend.close();
    }
  });
}

/** Sends the parts one by one, and returns everything that comes back until the end. */
async function exchange(backend: DemoBackend, ...parts: (string | Uint8Array)[]): Promise<string> {
  using conn = await Deno.connect({ ...backend.address });
  conn.setNoDelay();
  const writer = conn.writable.getWriter();
  for (const part of parts) {
    await writer.write(typeof part === "string" ? new TextEncoder().encode(part) : part);
  }
  return await new Response(conn.readable).text();
}

function statusLine(reply: string): string {
  return reply.slice(0, reply.indexOf("\r\n"));
}

function body(reply: string): string {
  return reply.slice(reply.indexOf("\r\n\r\n") + 4);
}

backendTest("DemoBackend gives a file to who comes through Weir", async (backend) => {
  for (const header of [V1, V2]) {
    const reply = await exchange(backend, header, "GET /main.ts HTTP/1.1\r\nHost: a\r\n\r\n");
    assertEquals(statusLine(reply), "HTTP/1.1 200 OK");
    assertStringIncludes(reply, `\r\nX-Backend: ${formatAddress(backend.address)}\r\n`);
    assertStringIncludes(reply, "\r\nX-Client: 192.0.2.1:5555\r\n");
    assertEquals(body(reply), await Deno.readTextFile(new URL("main.ts", PROJECT)));
  }
});

backendTest("DemoBackend takes a header that arrives byte by byte", async (backend) => {
  const bytes = [...V2].map((byte) => Uint8Array.of(byte));
  const reply = await exchange(backend, ...bytes, ..."GET /LICENSE HTTP/1.1\r\n\r\n");
  assertEquals(statusLine(reply), "HTTP/1.1 200 OK");
});

backendTest("DemoBackend takes a header that names no client", async (backend) => {
  const reply = await exchange(backend, encodeLocalHeader("v2"), "GET /LICENSE HTTP/1.1\r\n\r\n");
  assertEquals(statusLine(reply), "HTTP/1.1 200 OK");
  assertEquals(reply.includes("X-Client"), false);
});

backendTest(
  "DemoBackend refuses who comes around Weir, with a reply they can read",
  async (backend) => {
    const beginnings = [
      "GET /main.ts HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /main.ts HTTP/1.1\r\nHost: a\r\n\r\n",
      "PROXY TCP4 192.0.2.1\r\nGET /main.ts HTTP/1.1\r\n\r\n",
      "\x16\x03\x01\x02\x00",
      "hello\n",
      "GET / HTTP/1.1\r\nX: " + "x".repeat(100_000),
    ];
    for (const beginning of beginnings) {
      const reply = await exchange(backend, beginning);
      assertEquals(statusLine(reply), "HTTP/1.1 403 Forbidden", beginning.slice(0, 30));
      assertStringIncludes(reply, "\r\nConnection: close\r\n");
      assert(!reply.includes("Deno.exit"));
    }
  },
);

backendTest("DemoBackend refuses a header that stops half way", async (backend) => {
  using conn = await Deno.connect({ ...backend.address });
  const writer = conn.writable.getWriter();
  await writer.write(V1.subarray(0, 10));
  await conn.closeWrite();
  assertEquals(statusLine(await new Response(conn.readable).text()), "HTTP/1.1 403 Forbidden");
});

backendTest("DemoBackend says nothing to who says nothing", async (backend) => {
  for (const beginning of [new Uint8Array(0), V1]) {
    using conn = await Deno.connect({ ...backend.address });
    if (beginning.length > 0) await conn.write(beginning);
    await conn.closeWrite();
    assertEquals(await new Response(conn.readable).text(), "");
  }
});

backendTest("DemoBackend sends the headers alone for HEAD", async (backend) => {
  const reply = await exchange(backend, V1, "HEAD /main.ts HTTP/1.1\r\n\r\n");
  const { size } = await Deno.stat(new URL("main.ts", PROJECT));
  assertEquals(statusLine(reply), "HTTP/1.1 200 OK");
  assertStringIncludes(reply, `\r\nContent-Length: ${size}\r\n`);
  assertEquals(body(reply), "");
});

backendTest("DemoBackend lists its files at /", async (backend) => {
  const listing = body(await exchange(backend, V1, "GET /?a HTTP/1.1\r\n\r\n"));
  assertMatch(listing, /^\/main\.ts$/m);
  assertMatch(listing, /^\/lib\/demo\/demo_backend\.ts$/m);
  assertEquals(listing.split("\n").filter((path) => path.includes("/.")), []);
});

backendTest("DemoBackend says what is wrong with a request", async (backend) => {
  const expected: Record<string, string> = {
    "GET /none HTTP/1.1\r\n\r\n": "HTTP/1.1 404 Not Found",
    "GET /.git/config HTTP/1.1\r\n\r\n": "HTTP/1.1 404 Not Found",
    "GET /../../../etc/passwd HTTP/1.1\r\n\r\n": "HTTP/1.1 404 Not Found",
    "GET /%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1\r\n\r\n": "HTTP/1.1 404 Not Found",
    "GET /main.ts%00 HTTP/1.1\r\n\r\n": "HTTP/1.1 400 Bad Request",
    "nonsense\r\n\r\n": "HTTP/1.1 400 Bad Request",
    "GET / HTTP/2.0\r\n\r\n": "HTTP/1.1 505 HTTP Version Not Supported",
    "DELETE /main.ts HTTP/1.1\r\n\r\n": "HTTP/1.1 405 Method Not Allowed",
    [`GET / HTTP/1.1\r\nX: ${"x".repeat(17_000)}\r\n\r\n`]:
      "HTTP/1.1 431 Request Header Fields Too Large",
  };
  for (const [request, status] of Object.entries(expected)) {
    assertEquals(statusLine(await exchange(backend, V1, request)), status);
  }
});

backendTest(
  "DemoBackend reads a body that it does not want, so that the reply arrives",
  async (backend) => {
    const length = 500_000;
    const head = `POST / HTTP/1.1\r\nContent-Length: ${length}\r\n\r\n`;
    const reply = await exchange(backend, V1, head, "x".repeat(length));
    assertEquals(statusLine(reply), "HTTP/1.1 405 Method Not Allowed");
    assertStringIncludes(reply, "\r\nAllow: GET, HEAD\r\n");
  },
);

backendTest("DemoBackend.close() ends connections that are still open", async (backend) => {
  using conn = await Deno.connect({ ...backend.address });
  await conn.write(V1);
  await backend.close();
  assertEquals(await conn.read(new Uint8Array(1)), null);
});
