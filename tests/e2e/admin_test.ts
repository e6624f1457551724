/** The admin API of a real process, as an operator gets it from a configuration file. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { freePort, freePorts } from "../support/free_ports.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { TestBackend } from "../support/test_backend.ts";
import { WeirProcess } from "../support/weir_process.ts";

function processTest(name: string, fn: () => Promise<void>): void {
  permittedTest(["net", "read", "write", "run", "env", "sys"], name, fn);
}

/** Sends a line through Weir, and returns whether it came back. */
async function converse(port: number, text: string): Promise<boolean> {
  using connection = await Deno.connect({ port });
  await connection.write(new TextEncoder().encode(text));
  await connection.closeWrite();
  return await new Response(connection.readable).text() === text;
}

processTest("weir start opens the admin API that the file asks for, and ends with it", async () => {
  await using backend = new TestBackend(echo);
  const [port, admin] = freePorts(2);
  await using weir = await WeirProcess.start(
    `[options]\nadmin = 127.0.0.1:${admin}\n[mappings]\n127.0.0.1:${port} = ${backend.name}\n`,
  );
  const base = `http://127.0.0.1:${admin}`;
  await weir.logged(new RegExp(`admin: .*${base}`));
  const api = await (await fetch(`${base}/api`)).json();
  for (const { method, path } of api.routes) {
    if (method !== "GET" || path === "/api/v1/events") continue;
    const response = await fetch(base + path);
    assertEquals([path, response.status], [path, 200]);
    await response.body?.cancel();
    const refused = await fetch(base + path, { method: "PUT" });
    assertEquals([path, refused.status], [path, 405]);
    await refused.body?.cancel();
  }
  assertStringIncludes(await (await fetch(`${base}/`)).text(), "<!");
  const stopped = await fetch(`${base}/api/v1/shutdown`, { method: "POST" });
  assertEquals([stopped.status, await stopped.json()], [202, {}]);
  assertEquals((await weir.ending()).code, 0);
});

processTest("weir does not start where anybody could reach the admin API", async () => {
  const folder = await Deno.makeTempDir({ prefix: "weir_test_" });
  try {
    const file = `${folder}/weir.cfg`;
    const text = `[options]\nadmin = 0.0.0.0:24000\n[mappings]\n${freePort()} = 127.0.0.1:9\n`;
    await Deno.writeTextFile(file, text);
    const { code, stderr } = await WeirProcess.run(["start", file], { readable: [folder] });
    assertEquals(code, 2);
    assertStringIncludes(stderr, `${file}:2:9: error: admin "0.0.0.0:24000" can be reached from`);
    assertStringIncludes(stderr, "1 error: nothing was started");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

processTest("weir does not start where the file of tokens cannot be used", async () => {
  const folder = await Deno.makeTempDir({ prefix: "weir_test_" });
  try {
    const file = `${folder}/weir.cfg`;
    const options = `admin = 0.0.0.0:${freePort()}\nadmin_token_file = ${folder}/none`;
    const text = `[options]\n${options}\n[mappings]\n${freePort()} = 127.0.0.1:9\n`;
    await Deno.writeTextFile(file, text);
    const { code, stderr } = await WeirProcess.run(["start", file], { readable: [folder] });
    assertEquals(code, 2);
    const what = `admin_token_file "${folder}/none" cannot be used: it does not exist`;
    assertStringIncludes(stderr, `${file}:3:20: error: ${what}`);
    assertStringIncludes(stderr, "nothing was started");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

processTest("a template says how the lines of the access log look", async () => {
  await using backend = new TestBackend(echo);
  const port = freePort();
  await using weir = await WeirProcess.start(
    `[options]
access_log = -
access_log_format = %client -> %backend: %bytes_in of %bytes_out, 100%%, %reason
[mappings]
127.0.0.1:${port} = ${backend.name}
`,
  );
  assert(await converse(port, "twelve bytes"));
  const [line] = await weir.printed(/.*\n/);
  assertMatch(line, /^127\.0\.0\.1:\d+ -> \S+: 12 of 12, 100%, both sides finished\n$/);
  assertStringIncludes(line, backend.name);
});

processTest("sessions go on while the admin API is flooded", async () => {
  await using backend = new TestBackend(echo);
  const [port, admin] = freePorts(2) as [number, number];
  await using _weir = await WeirProcess.start(
    `[options]\nadmin = 127.0.0.1:${admin}\n[mappings]\n127.0.0.1:${port} = ${backend.name}\n`,
  );
  const base = `http://127.0.0.1:${admin}`;
  let isOver = false;
  let answered = 0;
  const flood = Array.from({ length: 32 }, async (_, index) => {
    const path = ["/metrics", "/api/v1/status", "/api/v1/sessions", "/nope"][index % 4];
    while (!isOver) {
      const response = await fetch(base + path);
      await response.bytes();
      answered++;
    }
  });
  const streams = await Promise.all(
    Array.from({ length: 80 }, () => fetch(`${base}/api/v1/events`)),
  );
  try {
    for (let index = 0; index < 200; index++) assert(await converse(port, `session ${index}`));
    await eventually("the flood is one", () => answered > 200);
    // Clients beyond the limit are refused with a message.
    assertEquals(streams.filter(({ status }) => status === 503).length, 80 - 64);
  } finally {
    isOver = true;
    await Promise.all(flood);
    await Promise.all(streams.map(({ body }) => body?.cancel()));
  }
});

processTest("a client that leaves in the middle of its request is no news", async () => {
  const [port, admin] = freePorts(2) as [number, number];
  await using weir = await WeirProcess.start(
    `[options]\nadmin = 127.0.0.1:${admin}\n[mappings]\n127.0.0.1:${port} = 127.0.0.1:9\n`,
  );
  const logged = weir.stderr.length;
  const head = `POST /api/v1/backends/x/mode HTTP/1.1\r\nhost: 127.0.0.1:${admin}\r\n` +
    "content-type: application/json\r\n";
  for (const framing of ["content-length: 100", "transfer-encoding: chunked"]) {
    for (const text of [`${head}${framing}\r\n\r\n`, `${head}${framing}\r\n\r\n5\r\n{`, head]) {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port: admin });
      await connection.write(new TextEncoder().encode(text));
    }
  }
  for (let index = 0; index < 3; index++) {
    const answer = await fetch(`http://127.0.0.1:${admin}/healthz`);
    assertEquals(await answer.json(), { alive: true });
  }
  const { code, stderr } = await weir.stop();
  assertEquals([code, /unexpected/.test(stderr.slice(logged))], [0, false], stderr);
});
