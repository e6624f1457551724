/** What the commands do when something other than Weir answers: one sentence, and exit status 3. */
import { assertEquals, assertMatch } from "@std/assert";
import { permittedTest } from "../support/permitted.ts";
import { WeirProcess } from "../support/weir_process.ts";

const ENCODER = new TextEncoder();
const BACKEND = { id: "1/b", name: "b", condition: "up" };
const BACKENDS = { pools: [{ backends: [BACKEND] }] };

/** Answers one request; the connection stays open until the client closes it. */
type Conduct = (connection: Deno.Conn, request: string) => Promise<unknown>;

function say(text: string | Uint8Array): Conduct {
  const bytes = typeof text === "string" ? ENCODER.encode(text) : text;
  return (connection) => connection.write(bytes);
}

function json(value: unknown, status = "200 OK"): Conduct {
  const body = JSON.stringify(value);
  return say(`HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
}

/** Lists the backends, and answers changes in another way. */
function thenPost(conduct: Conduct): Conduct {
  return (connection, request) =>
    (request.startsWith("POST") ? conduct : json(BACKENDS))(connection, request);
}

/** Starts an answer that never ends. */
function endless(status: string): Conduct {
  return async (connection, request) => {
    await say(`HTTP/1.1 ${status}\r\n\r\n[`)(connection, request);
    const blanks = new Uint8Array(1024 * 1024).fill(32);
    while (true) await connection.write(blanks);
  };
}

/** Runs a server that is not Weir, and a command that queries it. */
async function ask(conduct: Conduct, ...command: string[]): Promise<string> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const where = `127.0.0.1:${listener.addr.port}`;
  const serving = (async () => {
    for await (const connection of listener) void serve(connection, conduct);
  })();
  const { code, stdout, stderr } = await WeirProcess.run([...command, "--admin", where], {
    task: "weir",
  });
  listener.close();
  await serving;
  assertEquals([code, stdout], [3, ""], stderr);
  assertMatch(stderr, /^weir: cannot reach Weir at [^\n]+\n$/);
  return stderr.slice(`weir: cannot reach Weir at ${where}: `.length, -1);
}

async function serve(connection: Deno.Conn, conduct: Conduct): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    using _ = connection;
    for (let count = await connection.read(buffer); count !== null;) {
      await conduct(connection, new TextDecoder().decode(buffer.subarray(0, count)));
      count = await connection.read(buffer);
    }
  } catch {
    // The command has read enough.
  }
}

function falseWeirTest(name: string, fn: () => Promise<void>): void {
  permittedTest(["net", "read", "write", "run", "env"], name, fn);
}

falseWeirTest("a command says that what answers is not Weir", async () => {
  const cases: readonly [conduct: Conduct, reason: RegExp][] = [
    [say("SSH-2.0-OpenSSH_9.2\r\n"), /HTTP version/],
    [say("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n<!doc"), /not Weir$/],
    [
      say("HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"),
      /not Weir \(status 302\)$/,
    ],
    [json({ detail: 5 }, "500 No"), /not Weir \(status 500\)$/],
    [json({ pools: 5 }), /another version \("pools" is not an array\)$/],
    [json({ pools: [null] }), /\("pools\[0\]" is not an object\)$/],
    [thenPost(json(null)), /\(the answer is not an object\)$/],
    [thenPost(say("HTTP/1.1 204 No Content\r\n\r\n")), /\(the answer is not an object\)$/],
    [thenPost(json({ condition: "drain" })), /\(the answer has no member "figures"\)$/],
    [endless("200 OK"), /not Weir \(its answer does not end\)$/],
    [endless("500 No"), /not Weir \(status 500\)$/],
  ];
  for (const [conduct, reason] of cases) assertMatch(await ask(conduct, "drain", "b"), reason);
});

falseWeirTest("every command that asks says so", async () => {
  for (const command of [["ready", "b"], ["weight", "b", "1"]]) {
    assertMatch(await ask(thenPost(json(null)), ...command), /\(the answer is not an object\)$/);
  }
  for (const command of ["status", "top", "sessions", "reload"]) {
    assertMatch(await ask(json([]), command), /\(the answer is not an object\)$/);
  }
});

falseWeirTest("a command does not wait for ever for an answer, nor for its end", async () => {
  const begun = say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[1,");
  const silent: Conduct = () => Promise.resolve();
  for (const reason of await Promise.all([ask(silent, "drain", "b"), ask(begun, "drain", "b")])) {
    assertEquals(reason, "it does not respond");
  }
});
