import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connectionsFor, startAdmin } from "../../../lib/admin/admin_server.ts";
import type { BoundAddress } from "../../../lib/config/admin_address.ts";
import { permittedTest } from "../../support/permitted.ts";
import { problemOf, RunningAdmin } from "./running_admin.ts";

const WRITER = "0123456789abcdef-write";
const READER = "0123456789abcdef-read";
const TOKENS = `${WRITER}\nread ${READER}\n`;
const EVERYWHERE: BoundAddress = { kind: "tcp", address: { hostname: "0.0.0.0", port: 0 } };

function apiTest(name: string, fn: () => Promise<void>): void {
  permittedTest(["net", "read", "write", "sys", "ffi"], name, fn);
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

async function statusOf(asked: Promise<Response>): Promise<number> {
  const response = await asked;
  await response.body?.cancel();
  return response.status;
}

apiTest("a foreign Host is refused, whatever it asks for", async () => {
  await using weir = await RunningAdmin.start();
  const port = weir.host.split(":")[1];
  const firstLine = (host: string, path = "/api/v1/status") =>
    weir.raw(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  for (const host of ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"]) {
    assertEquals(await firstLine(`${host}:${port}`), "HTTP/1.1 200 OK", host);
  }
  const foreign = ["weir.example", `weir.example:${port}`, "localhost", "127.0.0.1:1"];
  foreign.push(`127.0.0.1.example:${port}`, `10.0.0.1:${port}`, `localhost.:${port}`);
  for (const host of foreign) {
    assertEquals(await firstLine(host), "HTTP/1.1 403 Forbidden", host);
    assertEquals(await firstLine(host, "/healthz"), "HTTP/1.1 403 Forbidden", host);
  }
});

apiTest("a Host that is none is refused as what it is, and never leads elsewhere", async () => {
  const pages = [{ path: "/", contentType: "text/html; charset=utf-8", body: "<!doctype html>" }];
  await using weir = await RunningAdmin.start({ pages });
  const firstLine = (host: string) =>
    weir.raw(`GET /healthz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  const port = weir.host.split(":")[1];
  const wrong = [":1", ", weir.example", "/x", "#", "?", "\\x", "@weir.example", "0"];
  const hosts = [...wrong.map((text) => weir.host + text), `x@${weir.host}`, "[::1", "999.0.0.1"];
  hosts.push(`%6cocalhost:${port}`, `127.0.0.1:99999`);
  for (const host of hosts) assertEquals(await firstLine(host), "HTTP/1.1 400 Bad Request", host);
});

apiTest("a request line with a whole URL is for the host that stands in it", async () => {
  await using weir = await RunningAdmin.start();
  const firstLine = (url: string, host: string) =>
    weir.raw(`GET ${url} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  const own = `http://${weir.host}/healthz`;
  assertEquals(await firstLine(own, weir.host), "HTTP/1.1 200 OK");
  assertEquals(await firstLine(own, "weir.example"), "HTTP/1.1 403 Forbidden");
  assertEquals(
    await firstLine("http://weir.example/healthz", weir.host),
    "HTTP/1.1 403 Forbidden",
  );
});

apiTest("a foreign Origin is refused where something is changed", async () => {
  await using weir = await RunningAdmin.start({ backends: "127.0.0.1:9" });
  const path = `/api/v1/backends/${encodeURIComponent(`${weir.port}/127.0.0.1:9`)}/mode`;
  const post = (headers: Record<string, string>) => weir.post(path, { mode: "drain" }, headers);
  const foreign: Record<string, string>[] = [
    { origin: "http://weir.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1" },
    { origin: `https://${weir.host}.example` },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const headers of foreign) {
    assertStringIncludes(
      await problemOf(await post(headers)),
      "only Weir's own pages may do this",
      JSON.stringify(headers),
    );
  }
  assertEquals(weir.control.status().pools[0]?.backends[0]?.mode, "ready");
  assertEquals(await statusOf(post({ origin: `http://${weir.host}` })), 200);
  assertEquals(await statusOf(post({ "sec-fetch-site": "same-origin" })), 200);
});

apiTest("a page has the origin of the Host, whatever stands before Weir", async () => {
  await using weir = await RunningAdmin.start({ tokens: TOKENS, address: EVERYWHERE });
  const post = (host: string, origin: string) =>
    weir.raw(
      `POST /api/v1/reload HTTP/1.1\r\nhost: ${host}\r\norigin: ${origin}\r\n` +
        `authorization: Bearer ${WRITER}\r\nconnection: close\r\n\r\n`,
    );
  // Browsers leave out the port that the scheme has anyway.
  const own = [
    ["weir.example", "https://weir.example"],
    ["weir.example", "http://weir.example"],
    ["weir.example:8443", "https://weir.example:8443"],
    ["weir.example:443", "https://weir.example"],
    [weir.host, `http://${weir.host}`],
  ] as const;
  for (const [host, origin] of own) {
    assertEquals(await post(host, origin), "HTTP/1.1 200 OK", `${host} ${origin}`);
  }
  const foreign = [
    ["weir.example", "https://weir.example:8443"],
    ["weir.example:8443", "https://weir.example"],
    ["weir.example", "https://other.example"],
    ["weir.example", "null"],
    ["", "file://"],
  ] as const;
  for (const [host, origin] of foreign) {
    assertEquals(await post(host, origin), "HTTP/1.1 403 Forbidden", `${host} ${origin}`);
  }
});

apiTest("a foreign page can read nothing, but may lead to the dashboard", async () => {
  const pages = [{ path: "/", contentType: "text/html; charset=utf-8", body: "<!doctype html>" }];
  await using weir = await RunningAdmin.start({ pages });
  const read = (path: string, mode: string) =>
    weir.ask(path, { headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": mode } });
  assertEquals(await statusOf(read("/api/v1/status", "no-cors")), 403);
  assertEquals(await statusOf(read("/", "navigate")), 200);
  const options = await weir.ask("/api/v1/status", {
    method: "OPTIONS",
    headers: { origin: "http://weir.example", "access-control-request-method": "POST" },
  });
  assertEquals(options.status, 405);
  const named = [...options.headers.keys()].filter((name) => name.startsWith("access-control"));
  assertEquals(named, []);
  await options.body?.cancel();
});

apiTest("a token says what may be done, and a wrong one that nothing may be", async () => {
  await using weir = await RunningAdmin.start({ tokens: TOKENS, backends: "127.0.0.1:9" });
  const ask = (headers: Record<string, string>) => weir.ask("/api", { headers });
  const none = await ask({});
  assertEquals(none.headers.get("www-authenticate"), 'Bearer realm="Weir"');
  assertEquals(
    await problemOf(none),
    '401: Missing token: expected "Authorization: Bearer TOKEN"',
  );
  const wrong = await ask(bearer("0123456789abcdef-wrong"));
  assertEquals(
    wrong.headers.get("www-authenticate"),
    'Bearer realm="Weir", error="invalid_token"',
  );
  assertEquals(await problemOf(wrong), "401: The token is unknown");
  assertEquals((await (await ask(bearer(READER))).json()).rights, ["read"]);
  assertEquals((await (await ask(bearer(WRITER))).json()).rights, ["read", "write"]);

  const path = `/api/v1/backends/${encodeURIComponent(`${weir.port}/127.0.0.1:9`)}/mode`;
  const post = (token: string) => weir.post(path, { mode: "drain" }, bearer(token));
  assertEquals(
    await problemOf(await post(READER)),
    "403: The token grants read access only: this request changes something",
  );
  assertEquals(await statusOf(post(WRITER)), 200);
  assertEquals(await statusOf(weir.ask("/healthz")), 200);
  assertEquals(await statusOf(weir.ask("/metrics")), 401);
  assertEquals(await statusOf(weir.ask("/metrics", { headers: bearer(READER) })), 200);
});

apiTest("behind an address that other machines reach, any Host will do, with a token", async () => {
  await using weir = await RunningAdmin.start({ tokens: TOKENS, address: EVERYWHERE });
  const request = (head: string) =>
    weir.raw(`GET /api HTTP/1.1\r\nhost: weir.example\r\nconnection: close\r\n${head}\r\n`);
  assertEquals(await request(""), "HTTP/1.1 401 Unauthorized");
  assertEquals(await request(`authorization: Bearer ${READER}\r\n`), "HTTP/1.1 200 OK");
});

Deno.test("connectionsFor() is a quarter of the descriptors that are left, within bounds", () => {
  const files = [0, 32, 36, 197, 1024, 20_000, Infinity];
  assertEquals(files.map(connectionsFor), [8, 8, 9, 49, 256, 256, 256]);
});

apiTest("startAdmin() rejects where anybody could come in", async () => {
  await using weir = await RunningAdmin.start();
  const { control } = weir;
  const error = await assertRejects(
    () => startAdmin({ control, address: EVERYWHERE, version: "1" }),
    Error,
  );
  assertEquals(
    error.message,
    'Could not bind admin "0.0.0.0:0": other machines can reach it, and there is no admin_token_file',
  );
});

apiTest(
  "startAdmin() rejects where the address is taken, and where there is no token",
  async () => {
    await using weir = await RunningAdmin.start();
    const { control } = weir;
    const port = Number(weir.host.split(":")[1]);
    const address: BoundAddress = { kind: "tcp", address: { hostname: "127.0.0.1", port } };
    const error = await assertRejects(() => startAdmin({ control, address, version: "1" }), Error);
    assertStringIncludes(error.message, `Could not bind admin "${weir.host}": `);
    await assertRejects(
      () => startAdmin({ control, address, version: "1", tokenFile: "/nonexistent" }),
      Error,
      'Could not use admin_token_file "/nonexistent": it does not exist',
    );
  },
);

apiTest("a body that is too large is refused, announced or not", async () => {
  await using weir = await RunningAdmin.start({ backends: "127.0.0.1:9" });
  const path = `/api/v1/backends/${encodeURIComponent(`${weir.port}/127.0.0.1:9`)}/mode`;
  const size = 10 * 1024 * 1024;
  const head = `POST ${path} HTTP/1.1\r\nhost: ${weir.host}\r\ncontent-type: application/json\r\n`;
  assertEquals(
    await weir.raw(`${head}content-length: ${size}\r\n\r\n{`),
    "HTTP/1.1 413 Payload Too Large",
  );
  const chunk = `10001\r\n${" ".repeat(65_537)}\r\n`;
  assertEquals(
    await weir.raw(`${head}transfer-encoding: chunked\r\n\r\n${chunk}`),
    "HTTP/1.1 413 Payload Too Large",
  );
  const sent = weir.ask(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: new Uint8Array(size),
  });
  assertEquals(
    await problemOf(await sent),
    "413: The body is too large: at most 65536 bytes are allowed",
  );
});

apiTest("a body that does not come is refused after a while", async () => {
  await using weir = await RunningAdmin.start({ backends: "127.0.0.1:9", bodyTimeoutMs: 50 });
  const path = `/api/v1/backends/${encodeURIComponent(`${weir.port}/127.0.0.1:9`)}/mode`;
  const head = `POST ${path} HTTP/1.1\r\nhost: ${weir.host}\r\ncontent-type: application/json\r\n`;
  assertEquals(
    await weir.raw(`${head}content-length: 16\r\n\r\n{"mode"`),
    "HTTP/1.1 408 Request Timeout",
  );
  assertEquals(weir.control.status().pools[0]?.backends[0]?.mode, "ready");
});

apiTest("a body that is no JSON is refused", async () => {
  await using weir = await RunningAdmin.start({ backends: "127.0.0.1:9" });
  const path = `/api/v1/backends/${encodeURIComponent(`${weir.port}/127.0.0.1:9`)}/mode`;
  const post = async (type: string, body: BodyInit) =>
    await problemOf(
      await weir.ask(path, { method: "POST", headers: { "content-type": type }, body }),
    );
  const json = '{"mode":"drain"}';
  const expected = 'expected "application/json"';
  assertEquals(
    await post("text/plain", json),
    `415: The body has content type "text/plain": ${expected}`,
  );
  assertEquals(
    await post("application/jsonp", json),
    `415: The body has content type "application/jsonp": ${expected}`,
  );
  assertEquals(
    await problemOf(await weir.ask(path, { method: "POST" })),
    `415: The body has no content type: ${expected}`,
  );
  assertEquals(await post("application/json", "{mode"), "400: The body is not JSON");
  assertEquals(
    await post("application/json", new Uint8Array([0xff, 0xfe])),
    "400: The body is not UTF-8 text",
  );
  assertEquals(
    await post("application/json", new Uint8Array([0x22, 0xc3])),
    "400: The body is not UTF-8 text",
  );
  assertEquals(
    await problemOf(await weir.post("/api/v1/reload", { now: true })),
    "400: This request takes no body",
  );
  assertEquals(weir.control.status().pools[0]?.backends[0]?.mode, "ready");
});

apiTest("pages and answers have the headers that keep browsers out of trouble", async () => {
  const pages = [{ path: "/", contentType: "text/html; charset=utf-8", body: "<!doctype html>" }];
  await using weir = await RunningAdmin.start({ pages });
  for (const path of ["/", "/api", "/nope"]) {
    const { headers, body } = await weir.ask(path);
    await body?.cancel();
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("x-frame-options"), "DENY");
    assertEquals(headers.get("referrer-policy"), "no-referrer");
    assertEquals(headers.get("cache-control"), "no-store");
    const policy = headers.get("content-security-policy") ?? "";
    assertStringIncludes(policy, "default-src 'none'");
    assertStringIncludes(policy, "frame-ancestors 'none'");
    assert(!policy.includes("unsafe"));
  }
  const page = await weir.ask("/");
  assertEquals(page.headers.get("content-type"), "text/html; charset=utf-8");
  assertEquals(await page.text(), "<!doctype html>");
  assertEquals(
    await problemOf(await weir.ask("/", { method: "POST" })),
    "405: POST is not allowed for a page: expected GET, HEAD",
  );
});

apiTest("a Unix socket is for its owner alone, and a dead one is taken over", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/weir.sock`;
  const address: BoundAddress = { kind: "unix", path };
  // A leftover, as of a killed process: under this name it is never removed.
  using dead = Deno.listen({ transport: "unix", path: `${path}.old` });
  await Deno.rename(`${path}.old`, path);
  dead.close();
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  try {
    await using weir = await RunningAdmin.start({ address });
    assertEquals(weir.host, `unix:${path}`);
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    const response = await fetch("http://localhost/healthz", { client });
    assertEquals(await response.json(), { alive: true });
    const { control } = weir;
    await assertRejects(
      () => startAdmin({ control, address, version: "1" }),
      Error,
      `Could not bind admin "unix:${path}": Another process listens on "${path}"`,
    );
  } finally {
    client.close();
  }
  assertEquals([...Deno.readDirSync(folder)], []);
  await Deno.writeTextFile(path, "precious");
  await assertRejects(
    async () => {
      await using _weir = await RunningAdmin.start({ address });
    },
    Error,
  );
  assertEquals(await Deno.readTextFile(path), "precious");
  await Deno.remove(folder, { recursive: true });
});
