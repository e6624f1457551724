import { assert, assertEquals } from "@std/assert";
import type { PoolSettings } from "../../../lib/config/settings.ts";
import type { ProbeResult } from "../../../lib/health/probe.ts";
import { PROBES } from "../../../lib/health/probes.ts";
import { BlackHole } from "../../support/black_hole.ts";
import { permittedTest } from "../../support/permitted.ts";
import type { SocketEnd } from "../../support/socket_end.ts";
import { type Conduct, TestBackend } from "../../support/test_backend.ts";
import { poolOf } from "./watched.ts";

const REQUEST_END = "\r\n\r\n";
/** For probes that must not reach it, however busy the machine is. */
const LONG_TIMEOUT_MS = 20_000;
/** For probes that should reach it, once they have got as far as they can. */
const SHORT_TIMEOUT = "health_timeout = 250ms";

/** Probes the first backend of a pool, for as long as its `health_timeout` says if it does. */
async function probe(pool: PoolSettings): Promise<ProbeResult> {
  const { healthCheck, healthTimeoutMs, backends } = pool;
  const [backend] = backends;
  assert(healthCheck.kind !== "off" && backend !== undefined);
  const deadline = new AbortController();
  const timeoutMs = healthTimeoutMs === 1000 ? LONG_TIMEOUT_MS : healthTimeoutMs;
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    return await PROBES[healthCheck.kind]({ pool, backend }, deadline.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** What is wrong with a backend; empty if nothing is. */
async function problem(pool: PoolSettings): Promise<string> {
  const result = await probe(pool);
  assert(result.durationMs >= 0);
  return result.passed ? "" : result.reason;
}

/** Reads up to the empty line after a request. */
async function readRequest(end: SocketEnd): Promise<string> {
  let text = "";
  while (!text.endsWith(REQUEST_END)) text += await end.readText(1);
  return text;
}

/** Answers every request with these pieces, and says what was asked. */
function answering(pieces: readonly string[], heard: string[] = []): Conduct {
  return async (end) => {
    heard.push(await readRequest(end));
    for (const piece of pieces) {
      await end.send(piece);
      // Another turn of the event loop, so that the pieces leave one by one.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
}

/** Waits for the other end to close. */
async function hold(end: SocketEnd): Promise<void> {
  await end.readAll();
}

permittedTest(["net"], "tcpProbe() passes when a connection is taken, and closes it", async () => {
  const closed = Promise.withResolvers<number>();
  await using backend = new TestBackend(async (end) => {
    closed.resolve((await end.readAll()).length);
  });
  assertEquals(await problem(poolOf(backend.name, "health_check = tcp")), "");
  assertEquals(await closed.promise, 0);
});

permittedTest(["net"], "probes say that a connection is refused", async () => {
  let name = "";
  {
    await using backend = new TestBackend(hold);
    name = backend.name;
  }
  for (const check of ["tcp", "http:/", "send_expect"]) {
    const pool = poolOf(name, `health_check = ${check}`, "health_expect = HTTP");
    assertEquals(await problem(pool), "connection refused");
  }
});

permittedTest(["net"], "probes give up on what does not take a connection", async () => {
  using hole = await BlackHole.open();
  const options = ["health_check = tcp", SHORT_TIMEOUT];
  assertEquals(await problem(poolOf(hole.name, ...options)), "no answer within 250ms");
});

permittedTest(["net"], "tcpProbe() passes when any of a name's addresses answers", async () => {
  await using backend = new TestBackend(hold);
  const pool = poolOf(backend.name, "health_check = tcp");
  const [first] = pool.backends;
  assert(first !== undefined);
  const backends = [{ ...first, candidates: ["127.0.0.77", "127.0.0.1"] }];
  assertEquals(await problem({ ...pool, backends }), "");
});

permittedTest(["net"], "httpProbe() asks for the path with the backend as host", async () => {
  const heard: string[] = [];
  await using backend = new TestBackend(answering(["HTTP/1.1 204 No Content\r\n\r\n"], heard));
  assertEquals(await problem(poolOf(backend.name, "health_check = http:/ready?deep")), "");
  const lines = heard.join("").split("\r\n");
  assertEquals(lines[0], "GET /ready?deep HTTP/1.1");
  assert(lines.includes(`Host: ${backend.name}`));
  assert(lines.includes("Connection: close"));
});

permittedTest(["net"], "httpProbe() goes by the status", async () => {
  const cases = [
    ["http:/", "HTTP/1.1 200 OK\r\n\r\n", ""],
    ["http:/", "HTTP/1.0 399\r\n\r\n", ""],
    ["http:/", "HTTP/1.1 200 OK\n\n", ""],
    ["http:/", "HTTP/1.1 400 Bad\r\n\r\n", "answered 400, expected 200 to 399"],
    ["http:/", "HTTP/1.1 503 Busy\r\n\r\n", "answered 503, expected 200 to 399"],
    ["http:/", "HTTP/1.1 100 Continue\r\n\r\n", "answered 100, expected 200 to 399"],
    ["http:/=503", "HTTP/1.1 503 Busy\r\n\r\n", ""],
    ["http:/=200", "HTTP/1.1 204 No Content\r\n\r\n", "answered 204, expected 200"],
    ["http:/", "SSH-2.0-OpenSSH_9.2p1\r\n", "answered with something that is not HTTP/1"],
    ["http:/", "HTTP/1.1 2000 OK\r\n\r\n", "answered with something that is not HTTP/1"],
    ["http:/", "HTTP/2 200\r\n\r\n", "answered with something that is not HTTP/1"],
    ["http:/", `HTTP/1.1 200 ${"x".repeat(9000)}`, "answered with something that is not HTTP/1"],
  ];
  for (const [check, answer, expected] of cases as [string, string, string][]) {
    await using backend = new TestBackend(answering([answer]));
    assertEquals(await problem(poolOf(backend.name, `health_check = ${check}`)), expected);
  }
});

permittedTest(["net"], "httpProbe() takes an answer in pieces, and no half of one", async () => {
  const check = "health_check = http:/";
  await using whole = new TestBackend(answering(["HT", "TP/1.", "1 20", "0 OK\r", "\n"]));
  assertEquals(await problem(poolOf(whole.name, check)), "");
  await using half = new TestBackend(answering(["HTTP/1.1 20"]));
  assertEquals(
    await problem(poolOf(half.name, check)),
    "the connection was closed before the status line was complete",
  );
});

permittedTest(["net"], "httpProbe() gives up on what stays silent or stops halfway", async () => {
  await using silent = new TestBackend(hold);
  const options = ["health_check = http:/", SHORT_TIMEOUT];
  assertEquals(
    await problem(poolOf(silent.name, ...options)),
    "connected, but no answer within 250ms",
  );
  await using stalled = new TestBackend(async (end) => {
    await readRequest(end);
    await end.send("HTTP/1.1 ");
    await hold(end);
  });
  assertEquals(
    await problem(poolOf(stalled.name, ...options)),
    "answered, but not what was expected within 250ms",
  );
});

permittedTest(["net"], "sendExpectProbe() sends bytes and finds others in pieces", async () => {
  const sent = Promise.withResolvers<Uint8Array>();
  await using backend = new TestBackend(async (end) => {
    sent.resolve(await end.read(7));
    for (const piece of ["hello +PO", "+P", "ONG\r", "\nmore"]) {
      await end.send(piece);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await hold(end);
  });
  const pool = poolOf(
    backend.name,
    "health_check = send_expect",
    String.raw`health_send = PING\xff\0\n`,
    String.raw`health_expect = +PONG\r\n`,
  );
  assertEquals(await problem(pool), "");
  assertEquals([...await sent.promise], [80, 73, 78, 71, 255, 0, 10]);
});

permittedTest(["net"], "sendExpectProbe() sends nothing where health_send is empty", async () => {
  const received = Promise.withResolvers<number>();
  await using backend = new TestBackend(async (end) => {
    await end.send("220 ready\r\n");
    received.resolve((await end.readAll()).length);
  });
  const pool = poolOf(backend.name, "health_check = send_expect", "health_expect = 220");
  assertEquals(await problem(pool), "");
  assertEquals(await received.promise, 0);
});

permittedTest(["net"], "sendExpectProbe() says what came instead", async () => {
  const options = ["health_check = send_expect", "health_expect = +PONG"];
  await using loading = new TestBackend((end) => end.send("-LOADING\r\n"));
  assertEquals(
    await problem(poolOf(loading.name, ...options)),
    String.raw`answered "-LOADING\r\n", expected "+PONG"`,
  );
  await using mute = new TestBackend(() => Promise.resolve());
  assertEquals(
    await problem(poolOf(mute.name, ...options)),
    "the connection was closed without an answer",
  );
  await using chatty = new TestBackend(async (end) => {
    await end.send("x".repeat(100_000));
    await hold(end);
  });
  assertEquals(
    await problem(poolOf(chatty.name, ...options)),
    'sent 65536 bytes without "+PONG"',
  );
});

permittedTest(["net"], "sendExpectProbe() does not tell of what the backend repeats", async () => {
  await using backend = new TestBackend(async (end) => {
    const asked = new TextDecoder().decode(await end.read(12));
    await end.send(`unknown "${asked}"; is it AUTH?`);
  });
  const pool = poolOf(
    backend.name,
    "health_check = send_expect",
    "health_send = AUTH hunter2",
    "health_expect = +OK",
  );
  assertEquals(
    await problem(pool),
    'answered "unknown "(secret) (secret)"; is it (secret)?", expected "+OK"',
  );
});

permittedTest(["net"], "sendExpectProbe() gives up on a backend that never answers", async () => {
  await using backend = new TestBackend(hold);
  const pool = poolOf(
    backend.name,
    "health_check = send_expect",
    "health_send = PING",
    "health_expect = PONG",
    SHORT_TIMEOUT,
  );
  assertEquals(await problem(pool), "connected, but no answer within 250ms");
  assertEquals(backend.accepted, 1);
});

const CHECKS = ["tcp", "http:/", "send_expect"];

/**
 * Lets a check pass at a backend that reads a header first, and returns what that should have been.
 */
async function announce(
  poolFor: (name: string) => PoolSettings,
  readHeader: (end: SocketEnd) => Promise<string>,
  hostname = "127.0.0.1",
): Promise<{ readonly header: string; readonly ports: string }> {
  const received = Promise.withResolvers<{ header: string; ports: string }>();
  await using backend = new TestBackend(async (end) => {
    const ports = `${end.remotePort} ${end.port}`;
    received.resolve({ header: await readHeader(end), ports });
    await end.send("HTTP/1.1 200 OK\r\n\r\n");
    await hold(end);
  }, { hostname });
  assertEquals(await problem(poolFor(backend.name)), "");
  return await received.promise;
}

permittedTest(
  ["net"],
  "probes say LOCAL where the pool sends a PROXY header of v2",
  async () => {
    for (const check of CHECKS) {
      const { header } = await announce(
        (name) =>
          poolOf(
            name,
            `health_check = ${check}`,
            "health_expect = HTTP",
            "proxy_protocol = v2",
          ),
        async (end) => (await end.read(16)).toHex(),
      );
      assertEquals(header, "0d0a0d0a000d0a515549540a20000000");
    }
  },
);

permittedTest(["net"], "probes name themselves as the client in a PROXY header of v1", async () => {
  for (const [hostname, family] of [["127.0.0.1", "TCP4"], ["::1", "TCP6"]] as const) {
    for (const check of CHECKS) {
      const { header, ports } = await announce(
        (name) =>
          poolOf(
            name,
            `health_check = ${check}`,
            "health_expect = HTTP",
            "proxy_protocol = v1",
          ),
        async (end) => {
          let line = "";
          while (!line.endsWith("\n")) line += await end.readText(1);
          return line;
        },
        hostname,
      );
      assertEquals(header, `PROXY ${family} ${hostname} ${hostname} ${ports}\r\n`);
    }
  }
});

permittedTest(["net"], "probes go to health_port, without a PROXY header", async () => {
  const heard: string[] = [];
  await using backend = new TestBackend(hold);
  await using elsewhere = new TestBackend(answering(["HTTP/1.1 200 OK\r\n\r\n"], heard));
  const pool = poolOf(
    backend.name,
    "health_check = http:/",
    `health_port = ${elsewhere.port}`,
    "proxy_protocol = v1",
  );
  assertEquals(await problem(pool), "");
  const lines = heard.join("").split("\r\n");
  assertEquals(lines.slice(0, 2), ["GET / HTTP/1.1", `Host: ${elsewhere.name}`]);
  assertEquals(backend.accepted, 0);
});

permittedTest(["net"], "probes end at once when they are told to before they begin", async () => {
  await using backend = new TestBackend(hold);
  const pool = poolOf(backend.name);
  const [first] = pool.backends;
  assert(first !== undefined);
  const result = await PROBES.tcp({ pool, backend: first }, AbortSignal.abort());
  assertEquals(result.passed, false);
  assertEquals(backend.accepted, 0);
});
