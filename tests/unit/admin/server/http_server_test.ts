import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { text } from "node:stream/consumers";
import { type Answerer, HttpServer } from "../../../../lib/admin/server/http_server.ts";
import { RenderedBody } from "../../../../lib/admin/server/rendered_body.ts";
import { jsonReply } from "../../../../lib/admin/server/reply.ts";
import { eventually, within } from "../../../support/patience.ts";
import { permittedTest } from "../../../support/permitted.ts";

const MEBIBYTE = 1024 * 1024;
const LIMITS = {
  requestTimeoutMs: 20_000,
  writeTimeoutMs: 20_000,
  lingerTimeoutMs: 20_000,
  mostLargeAnswers: () => 2,
};

/** More than the kernel takes from a server whose client does not read. */
const LARGE = new RenderedBody(new Uint8Array(64 * MEBIBYTE));

/** Answers with what was asked for; `/large` with a large body, `/later` when told to. */
function answerWith(later: Promise<void> = Promise.resolve()): Answerer {
  return async ({ method, target, headers, body }) => {
    if (target === "/later") await later;
    if (target === "/large") return { status: 200, headers: {}, body: LARGE };
    const sent = target === "/body" ? await text(body).catch(() => "broken off") : "";
    return jsonReply({ method, target, host: headers.get("host"), sent });
  };
}

/** A server that accepts connections on a free port. Use it with `await using`. */
class Served implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #done: Promise<void>;
  connections = 0;

  constructor(answer: Answerer, limits: Partial<typeof LIMITS> = {}) {
    const server = new HttpServer(answer, { ...LIMITS, ...limits });
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#done = this.#accept(server);
  }

  async #accept(server: HttpServer): Promise<void> {
    for await (const accepted of this.#listener) {
      this.connections++;
      server.take(accepted).once("close", () => this.connections--);
    }
  }

  /** Connects and writes. */
  async write(text: string): Promise<Deno.TcpConn> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    await connection.write(new TextEncoder().encode(text));
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#done;
    await eventually("every connection is gone", () => this.connections === 0);
  }
}

/** Reads what comes, until it matches or the connection ends. */
async function readUntil(connection: Deno.Conn, pattern: RegExp): Promise<string> {
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  while (!pattern.test(text)) {
    const count = await within(String(pattern), connection.read(buffer).catch(() => null));
    if (count === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text;
}

/** Reads to the end. */
async function readAll(connection: Deno.Conn): Promise<string> {
  return await readUntil(connection, /^\b$/);
}

function get(target: string, head = ""): string {
  return `GET ${target} HTTP/1.1\r\nhost: weir\r\n${head}\r\n`;
}

function serverTest(name: string, fn: () => Promise<void>): void {
  permittedTest(["net"], name, fn);
}

serverTest("HttpServer keeps a connection for the requests that follow", async () => {
  await using served = new Served(answerWith());
  using connection = await served.write(get("/1"));
  assertStringIncludes(await readUntil(connection, /"target":"\/1"/), "HTTP/1.1 200 OK\r\n");
  const targets = Array.from({ length: 50 }, (_, index) => `/${index}`);
  await connection.write(new TextEncoder().encode(targets.map((target) => get(target)).join("")));
  const answer = await readUntil(connection, /"target":"\/49"/);
  assertEquals([...answer.matchAll(/"target":"([^"]+)"/g)].map((match) => match[1]), targets);
  await connection.write(new TextEncoder().encode(get("/2", "connection: close\r\n")));
  assertMatch(await readAll(connection), /connection: close\r\n[\s\S]*"target":"\/2"/i);
});

serverTest("HttpServer answers a client that has closed its side", async () => {
  const later = Promise.withResolvers<void>();
  await using served = new Served(answerWith(later.promise));
  using connection = await served.write(get("/later"));
  await connection.closeWrite();
  later.resolve();
  assertStringIncludes(await readAll(connection), '"target":"/later"');
  using idle = await served.write(get("/1"));
  await readUntil(idle, /"target"/);
  await idle.closeWrite();
  assertEquals(await readAll(idle), "");
  using begun = await served.write("GET / HT");
  await begun.closeWrite();
  assertMatch(await readAll(begun), /^(HTTP\/1\.1 400 .*)?$/s);
});

serverTest(
  "HttpServer answers others while a large answer is made, and lets few wait for it",
  async () => {
    const made = Promise.withResolvers<RenderedBody>();
    await using served = new Served(({ target }) =>
      Promise.resolve(
        target === "/made"
          ? { status: 200, headers: {}, body: made.promise }
          : jsonReply({ target }),
      )
    );
    const last = "connection: close\r\n";
    using first = await served.write(get("/made", last));
    using second = await served.write(get("/made", last));
    using gone = await served.write(get("/made"));
    const answers = [await readUntil(gone, /Too many large answers/)];
    assertMatch(answers[0] as string, /^HTTP\/1\.1 503 /);
    using other = await served.write(get("/other"));
    await readUntil(other, /"target":"\/other"/);
    made.resolve(new RenderedBody("made for both"));
    for (const waiting of [first, second]) {
      assertMatch(await readAll(waiting), /^HTTP\/1\.1 200 [\s\S]*made for both$/);
    }
  },
);

serverTest("HttpServer closes a connection that brings no request in time", async () => {
  await using served = new Served(answerWith(), { requestTimeoutMs: 50 });
  using silent = await served.write("");
  assertEquals(await readAll(silent), "");
  using slow = await served.write("GET / HT");
  const answer = await readAll(slow);
  assertMatch(answer, /^HTTP\/1\.1 408 Request Timeout\r\n/);
  assertStringIncludes(answer, "connection: close\r\n");
  assertStringIncludes(answer, '"detail":"The request was not received within 0.05 s"');
  using second = await served.write(get("/1"));
  assertMatch(await readAll(second), /"target":"\/1".*\n$/);
});

serverTest("HttpServer gives the time to answer to whoever has asked", async () => {
  const later = Promise.withResolvers<void>();
  await using served = new Served(answerWith(later.promise), { requestTimeoutMs: 50 });
  using connection = await served.write(get("/later"));
  using silent = await served.write("");
  assertEquals(await readAll(silent), "");
  later.resolve();
  assertStringIncludes(await readAll(connection), '"target":"/later"');
});

serverTest("HttpServer says what is wrong with bytes that are no request", async () => {
  await using served = new Served(answerWith());
  const cases: readonly [text: string, status: string][] = [
    ["\x16\x03\x01\x02\x00\r\n\r\n", "400 Bad Request"],
    ["GET / HTTP/1.1\r\n\r\n", "400 Bad Request"],
    [get("/", "content-length: 1\r\ntransfer-encoding: chunked\r\n"), "400 Bad Request"],
    [get("/", `x: ${"y".repeat(20_000)}\r\n`), "431 Request Header Fields Too Large"],
  ];
  for (const [text, status] of cases) {
    using connection = await served.write(text);
    assertEquals((await readAll(connection)).split("\r\n")[0], `HTTP/1.1 ${status}`, text);
  }
});

serverTest("HttpServer writes so many large answers at once, and refuses more", async () => {
  await using served = new Served(answerWith());
  const unread = [await served.write(get("/large")), await served.write(get("/large"))];
  try {
    for (const connection of unread) await readUntil(connection, /\r\n\r\n/);
    using refused = await served.write(get("/large"));
    const answer = await readAll(refused);
    assertStringIncludes(answer, "HTTP/1.1 503 Service Unavailable\r\n");
    assertStringIncludes(answer, "retry-after: 1\r\n");
    assertStringIncludes(
      answer,
      '"detail":"Too many other clients have not read their large answers yet"',
    );
    using head = await served.write(get("/large", "connection: close\r\n").replace("GET", "HEAD"));
    assertStringIncludes(await readAll(head), `content-length: ${64 * MEBIBYTE}\r\n`);
    using small = await served.write(get("/small", "connection: close\r\n"));
    assertStringIncludes(await readAll(small), "HTTP/1.1 200 OK\r\n");
    unread.pop()?.close();
    await eventually("a place is free", async () => {
      using next = await served.write(get("/large"));
      return (await readUntil(next, /\r\n\r\n/)).startsWith("HTTP/1.1 200 OK\r\n");
    });
  } finally {
    for (const connection of unread) connection.close();
  }
});

serverTest("HttpServer works on so many requests at once, and refuses more", async () => {
  const later = Promise.withResolvers<void>();
  await using served = new Served(answerWith(later.promise));
  using busy = await served.write(get("/later").repeat(128));
  await eventually("one more is refused", async () => {
    using more = await served.write(get("/1", "connection: close\r\n"));
    const answer = await readAll(more);
    if (!answer.startsWith("HTTP/1.1 503 Service Unavailable\r\n")) return false;
    assertStringIncludes(answer, '"detail":"Too many requests are in progress"');
    return true;
  });
  later.resolve();
  assertStringIncludes(await readUntil(busy, /"target":"\/later"/), "HTTP/1.1 200 OK\r\n");
});

serverTest("HttpServer gives up on a client that does not read its answer", async () => {
  await using served = new Served(answerWith(), { writeTimeoutMs: 50 });
  using _unread = await served.write(get("/large"));
  await eventually("it is connected", () => served.connections === 1);
  await eventually("it is closed", () => served.connections === 0);
});

serverTest("HttpServer reads no more of a body than was wanted, and closes", async () => {
  // Answered without a look at what is sent.
  await using served = new Served(answerWith(), { lingerTimeoutMs: 50 });
  const head = "POST / HTTP/1.1\r\nhost: weir\r\n";
  for (const framing of ["content-length: 1000000000000", "transfer-encoding: chunked"]) {
    using connection = await served.write(`${head}${framing}\r\n\r\n`);
    const chunk = new TextEncoder().encode(`10000\r\n${"x".repeat(65_536)}\r\n`);
    const sending = (async () => {
      while (true) await connection.write(chunk);
    })().catch(() => "cut off");
    assertStringIncludes(await readUntil(connection, /\}\n/), "HTTP/1.1 200 OK\r\n");
    assertEquals(await within("the end", sending), "cut off");
  }
});

serverTest("HttpServer reads a body, and forgets a client that leaves in the middle", async () => {
  await using served = new Served(answerWith());
  const head = "POST /body HTTP/1.1\r\nhost: weir\r\nconnection: close\r\n";
  {
    using whole = await served.write(`${head}content-length: 4\r\n\r\nbody`);
    assertStringIncludes(await readAll(whole), '"sent":"body"');
  }
  await eventually("it is gone", () => served.connections === 0);
  const broken = await served.write(`${head}content-length: 5\r\n\r\nbody`);
  await eventually("it is connected", () => served.connections === 1);
  broken.close();
  await eventually("it is gone", () => served.connections === 0);
});

serverTest("HttpServer compresses a body once, for those who want that", async () => {
  const body = new RenderedBody("weir ".repeat(1_000));
  await using served = new Served(() => Promise.resolve({ status: 200, headers: {}, body }));
  const ask = async (encoding?: string) => {
    const client = Deno.createHttpClient({});
    try {
      const response = await fetch(`http://127.0.0.1:${served.port}/`, {
        client,
        headers: { connection: "close", ...(encoding && { "accept-encoding": encoding }) },
      });
      // `fetch` decompresses it.
      assertEquals(await response.text(), "weir ".repeat(1_000));
      return response.headers.get("vary");
    } finally {
      client.close();
    }
  };
  assertEquals(await ask("gzip"), "accept-encoding");
  assertEquals(await ask("identity"), "accept-encoding");
  using connection = await served.write(
    get("/", "connection: close\r\naccept-encoding: gzip;q=0.5\r\n"),
  );
  const answer = await readAll(connection);
  assertStringIncludes(answer, "content-encoding: gzip\r\n");
  assert(answer.length < 500);
});
