import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { SessionView } from "../../../../lib/engine/session_view.ts";
import { echo, Reception } from "../../../support/conducts.ts";
import { freePort } from "../../../support/free_ports.ts";
import { eventually } from "../../../support/patience.ts";
import { permittedTest } from "../../../support/permitted.ts";
import { TestBackend } from "../../../support/test_backend.ts";
import { problemOf, RunningAdmin } from "../running_admin.ts";
import { faultInAnswer } from "./schema_check.ts";

/** Registers a test of the API of a real Weir. */
function apiTest(name: string, fn: () => Promise<void>): void {
  permittedTest(["net", "read", "write", "sys", "ffi"], name, fn);
}

/** Opens a session, and waits until the backend has it. */
async function connect(port: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ port });
  await connection.write(new Uint8Array([1]));
  await connection.read(new Uint8Array(1));
  return connection;
}

function pathOf(id: string, what: string): string {
  return `/api/v1/backends/${encodeURIComponent(id)}/${what}`;
}

apiTest("GET /healthz and /readyz say whether Weir is alive, and ready", async () => {
  await using backend = new TestBackend(echo);
  await using weir = await RunningAdmin.start({ backends: backend.name });
  assertEquals(await weir.json("/healthz"), { alive: true });
  assertEquals(await weir.json("/readyz"), { ready: true, reasons: [] });
});

apiTest("GET /readyz tells of a listener without backends where that is asked for", async () => {
  await using backend = new TestBackend(echo);
  await using weir = await RunningAdmin.start({ backends: backend.name });
  const key = String(weir.port);
  const good = { ready: true, reasons: [] };
  assertEquals(await weir.json(`/readyz?listener=${key}`), good);
  assertEquals(await weir.json("/readyz/pools"), {
    ...good,
    pools: [{ pool: key, ready: true }],
  });
  weir.control.setMode(`${key}/${backend.name}`, "drain");
  const bad = { ready: false, reasons: [`listener ${key} has no backend that takes sessions`] };
  await eventually("the listener is not ready", async () => {
    const response = await weir.ask(`/readyz?listener=${key}`);
    const answer = await response.json();
    if (response.status !== 503) return false;
    assertEquals(answer, bad);
    return true;
  });
  const pools = await weir.ask("/readyz/pools");
  assertEquals(pools.status, 503);
  assertEquals(await pools.json(), { ...bad, pools: [{ pool: key, ready: false }] });
  // Others are not affected: the process is as ready as before.
  assertEquals(await weir.json("/readyz"), good);

  const unknown = await weir.ask(`/readyz?listener=${key}1`);
  assertEquals(
    await problemOf(unknown),
    `404: There is no listener "${key}1"; did you mean "${key}"?`,
  );
});

apiTest("GET /metrics has what was counted, to the connection and the byte", async () => {
  await using backend = new TestBackend(echo);
  await using weir = await RunningAdmin.start({ backends: backend.name });
  for (let index = 0; index < 5; index++) (await connect(weir.port)).close();
  const labels = `{pool="${weir.port}",backend="${backend.name}"}`;
  await eventually("all sessions have ended", async () => {
    const response = await weir.ask("/metrics");
    assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    if (!text.includes(`\nweir_listener_ended_total{listener="${weir.port}",by="done"} 5\n`)) {
      return false;
    }
    assertStringIncludes(text, `\nweir_backend_sessions_total${labels} 5\n`);
    assertStringIncludes(text, `\nweir_backend_received_bytes_total${labels} 5\n`);
    assertStringIncludes(text, `\nweir_backend_sent_bytes_total${labels} 5\n`);
    assertStringIncludes(text, `\nweir_backend_connect_time_seconds_count${labels} 5\n`);
    assertStringIncludes(
      text,
      `\nweir_listener_session_duration_seconds_count{listener="${weir.port}"} 5\n`,
    );
    return true;
  });
  const response = await weir.ask("/metrics", {
    headers: { accept: "application/openmetrics-text" },
  });
  assertStringIncludes(response.headers.get("content-type") ?? "", "application/openmetrics-text");
  assert((await response.text()).endsWith("# EOF\n"));
});

apiTest(
  "GET /api lists the routes, and every GET among them has the answer it promises",
  async () => {
    await using backend = new TestBackend(echo);
    await using weir = await RunningAdmin.start({ backends: backend.name });
    using _connection = await connect(weir.port);
    const { routes, rights } = await weir.json("/api");
    assertEquals(rights, ["read", "write"]);
    for (const { method, path } of routes) {
      if (method !== "GET" || path === "/metrics" || path === "/api/v1/events") continue;
      const response = await weir.ask(path);
      assertEquals([response.status, response.headers.get("content-type")], [
        200,
        "application/json",
      ]);
      assertEquals(faultInAnswer("GET", path, await response.json()), undefined, path);
      const head = await weir.ask(path, { method: "HEAD" });
      assertEquals([head.status, await head.text()], [200, ""]);
    }
  },
);

apiTest("GET /api/v1/status has rates, and what was changed at run time", async () => {
  await using backend = new TestBackend(echo);
  await using weir = await RunningAdmin.start({ backends: `${backend.name}:3` });
  const id = `${weir.port}/${backend.name}`;
  weir.control.setWeight(id, 7);
  (await connect(weir.port)).close();
  await eventually("the rates show the session", async () => {
    const { listeners: [listener], pools: [pool] } = await weir.json("/api/v1/status");
    const [shown] = pool.backends;
    assertEquals([shown.id, shown.weight, shown.configuredWeight, shown.differsFromFile], [
      id,
      7,
      3,
      ["weight"],
    ]);
    return shown.rates.sessionsPerSecond > 0 && shown.rates.connectTimeP99Ms > 0 &&
      pool.rates.bytesInPerSecond > 0 && listener.rates.sessionsPerSecond > 0;
  });
  const { listeners, pools } = await weir.json("/api/v1/history");
  for (const series of [listeners[0], pools[0]]) {
    assert(series.sessionsPerSecond.some((rate: number) => rate > 0));
  }
});

apiTest(
  "GET /api/v1/sessions returns the newest first, in pages, and only those wanted",
  async () => {
    await using backend = new TestBackend(echo);
    await using weir = await RunningAdmin.start({ backends: backend.name });
    const connections: Deno.TcpConn[] = [];
    for (let index = 0; index < 5; index++) connections.push(await connect(weir.port));
    try {
      const names = connections.map(({ localAddr }) => `127.0.0.1:${localAddr.port}`).toReversed();
      await eventually("all sessions are listed", async () => {
        return (await weir.json("/api/v1/sessions")).total === 5;
      });
      const all = await weir.json("/api/v1/sessions");
      assertEquals([all.total, all.matching, all.next], [5, 5, null]);
      const starts = all.sessions.map(({ startedAtMs }: SessionView) => startedAtMs);
      assertEquals(starts, starts.toSorted((a: number, b: number) => b - a));

      const paged: SessionView[] = [];
      let next: string | null = "";
      do {
        const cursor: string = next === "" ? "" : `&cursor=${next}`;
        const page = await weir.json(`/api/v1/sessions?limit=2${cursor}`);
        assert(page.sessions.length <= 2);
        paged.push(...page.sessions);
        next = page.next;
      } while (next !== null);
      assertEquals(paged.map(({ id }) => id), all.sessions.map(({ id }: SessionView) => id));

      const one = await weir.json(`/api/v1/sessions?client=${names[2]}`);
      assertEquals([one.matching, one.sessions[0].client], [1, names[2]]);
      assertEquals((await weir.json("/api/v1/sessions?client=127.0.0.1")).matching, 5);
      assertEquals((await weir.json("/api/v1/sessions?client=127.0.0.2")).matching, 0);
      assertEquals((await weir.json(`/api/v1/sessions?listener=${weir.port}`)).matching, 5);
      assertEquals((await weir.json(`/api/v1/sessions?pool=${weir.port}`)).matching, 5);
      assertEquals((await weir.json("/api/v1/sessions?pool=other")).matching, 0);
      assertEquals((await weir.json(`/api/v1/sessions?backend=${backend.name}`)).matching, 5);
      assertEquals((await weir.json("/api/v1/sessions?backend=other:1")).matching, 0);
      assertEquals(
        await problemOf(await weir.ask("/api/v1/sessions?cursor=x")),
        '400: Parameter "cursor" is "x": expected the "next" of a page',
      );
    } finally {
      for (const connection of connections) connection.close();
    }
  },
);

apiTest("GET /api/v1/config says how each value came to be, and keeps secrets", async () => {
  await using weir = await RunningAdmin.start({
    options: ["health_check = send_expect", "health_send = AUTH geheim", "health_expect = OK"],
    tokens: "0123456789abcdef-write",
  });
  const response = await weir.ask("/api/v1/config", {
    headers: { authorization: "Bearer 0123456789abcdef-write" },
  });
  const text = await response.text();
  const { file, options, listeners: [listener], pools: [pool] } = JSON.parse(text);
  assertEquals(file, weir.file);
  assertEquals(options.find(({ key }: { key: string }) => key === "log_level"), {
    key: "log_level",
    value: "error",
    origin: "[options]",
    reloadable: true,
  });
  assertEquals([listener.pool, pool.name], [listener.key, listener.key]);
  const send = pool.options.find(({ key }: { key: string }) => key === "health_send");
  assertEquals([send.value, send.origin], ["(secret)", "[options]"]);
  assert(!text.includes("geheim") && !text.includes("0123456789abcdef"));
});

apiTest("POST mode and weight change a backend, and answer with it", async () => {
  await using weir = await RunningAdmin.start({ backends: "127.0.0.1:9:2, 127.0.0.1:10" });
  const id = `${weir.port}/127.0.0.1:9`;
  for (const mode of ["drain", "maintenance", "ready"]) {
    const response = await weir.post(pathOf(id, "mode"), { mode });
    const backend = await response.json();
    assertEquals([response.status, backend.id, backend.mode], [200, id, mode]);
    assertEquals(faultInAnswer("POST", "/api/v1/backends/{id}/mode", backend), undefined);
  }
  const backend = await (await weir.post(pathOf(id, "weight"), { weight: 0 })).json();
  assertEquals([backend.weight, backend.condition, backend.differsFromFile], [0, "unused", [
    "weight",
  ]]);
  assertEquals(weir.control.status().pools[0]?.backends[1]?.weight, 1);
});

apiTest("POST mode and weight refuse what is not allowed, and change nothing", async () => {
  await using weir = await RunningAdmin.start({ backends: "127.0.0.1:9:2" });
  const id = `${weir.port}/127.0.0.1:9`;
  const cases: readonly [what: string, body: unknown, problem: string][] = [
    ["mode", { mode: "off" }, '400: "mode" is "off": expected "ready", "drain", "maintenance"'],
    ["mode", {}, '400: The body has no member "mode"'],
    ["weight", { weight: 257 }, '400: "weight" is 257: expected a whole number from 0 to 256'],
    ["weight", { weight: "1" }, '400: "weight" is "1": expected a whole number from 0 to 256'],
    ["weight", [1], "400: The body is [1]: expected an object"],
  ];
  for (const [what, body, problem] of cases) {
    assertEquals(await problemOf(await weir.post(pathOf(id, what), body)), problem);
  }
  const unknown = await weir.post(pathOf("1/b", "mode"), { mode: "drain" });
  assertStringIncludes(await problemOf(unknown), '404: There is no backend "1/b"');
  const unencoded = await weir.post(`/api/v1/backends/${id}/mode`, { mode: "drain" });
  assertStringIncludes(await problemOf(unencoded), "404: ");
  const shown = weir.control.status().pools[0]?.backends[0];
  assertEquals([shown?.mode, shown?.weight], ["ready", 2]);
});

apiTest("DELETE ends one session, or all of a backend", async () => {
  const reception = new Reception();
  await using backend = new TestBackend(reception.conduct);
  await using weir = await RunningAdmin.start({ backends: backend.name });
  const connections: Deno.TcpConn[] = [];
  for (let index = 0; index < 3; index++) {
    connections.push(await Deno.connect({ port: weir.port }));
    await reception.next();
  }
  try {
    const { sessions: [newest] } = await weir.json("/api/v1/sessions");
    const path = `/api/v1/sessions/${newest.id}`;
    const response = await weir.ask(path, { method: "DELETE" });
    assertEquals([response.status, await response.text()], [204, ""]);
    await eventually("the session is gone", async () => {
      return (await weir.json("/api/v1/sessions")).total === 2;
    });
    assertEquals(
      await problemOf(await weir.ask(path, { method: "DELETE" })),
      `404: There is no session "${newest.id}"`,
    );
    const id = `${weir.port}/${backend.name}`;
    assertEquals(await weir.json(pathOf(id, "sessions"), { method: "DELETE" }), { closed: 2 });
    await eventually("all sessions are gone", async () => {
      return (await weir.json("/api/v1/sessions")).total === 0;
    });
    const unknown = await weir.ask(pathOf("1/b", "sessions"), { method: "DELETE" });
    assertStringIncludes(await problemOf(unknown), '404: There is no backend "1/b"');
  } finally {
    for (const connection of connections) connection.close();
  }
});

apiTest(
  "POST reload answers with what was changed, or with what is wrong in the file",
  async () => {
    await using weir = await RunningAdmin.start({ backends: "127.0.0.1:9" });
    const text = await Deno.readTextFile(weir.file);
    await Deno.writeTextFile(weir.file, text.replace("127.0.0.1:9", "127.0.0.1:9:5"));
    const good = await weir.post("/api/v1/reload");
    const result = await good.json();
    assertEquals([good.status, result.ok, result.cause], [200, true, "the admin API"]);
    assertEquals(result.changes, [
      `pool ${weir.port}: backend 127.0.0.1:9: weight from 1 to 5`,
    ]);
    assertEquals(faultInAnswer("POST", "/api/v1/reload", result), undefined);

    await Deno.writeTextFile(weir.file, `${text}\nalgoritm = random\n`);
    const bad = await weir.post("/api/v1/reload");
    assertEquals(bad.headers.get("content-type"), "application/problem+json");
    const { title, status, type, detail, ...failed } = await bad.json();
    assertEquals([bad.status, status, title, type], [
      422,
      422,
      "Unprocessable Content",
      "about:blank",
    ]);
    assertEquals(detail, "The file cannot be used: the old settings stay in force");
    assertEquals(faultInAnswer("POST", "/api/v1/reload", failed), undefined);
    assertEquals(failed.diagnostics[0].severity, "error");
    const { reloads } = await weir.json("/api/v1/status");
    assertEquals([reloads.succeeded, reloads.failed, reloads.last.ok], [1, 1, false]);
  },
);

apiTest("POST shutdown is answered, and ends Weir", async () => {
  const weir = await RunningAdmin.start();
  try {
    const response = await weir.post("/api/v1/shutdown");
    assertEquals([response.status, await response.json()], [202, {}]);
  } finally {
    await weir[Symbol.asyncDispose]();
  }
});

apiTest("run-time changes survive a reload that does not touch the backend", async () => {
  await using weir = await RunningAdmin.start({ backends: "127.0.0.1:9:2, 127.0.0.1:10" });
  const drained = await weir.post(pathOf(`${weir.port}/127.0.0.1:9`, "mode"), { mode: "drain" });
  assertEquals((await drained.json()).mode, "drain");
  const text = await Deno.readTextFile(weir.file);
  await Deno.writeTextFile(weir.file, `${text.trimEnd()}, 127.0.0.1:${freePort()}\n`);
  assertEquals((await weir.post("/api/v1/reload").then((response) => response.json())).ok, true);
  const { pools: [{ backends: [first, second] }] } = await weir.json("/api/v1/status");
  assertEquals([first.mode, first.differsFromFile], ["drain", ["mode"]]);
  assertEquals([second.mode, second.differsFromFile], ["ready", []]);
});

apiTest("what is not there, and what cannot be done, is a problem", async () => {
  await using weir = await RunningAdmin.start();
  assertEquals(
    await problemOf(await weir.ask("/api/v2")),
    '404: There is nothing at "/api/v2"; see GET /api',
  );
  const put = await weir.ask("/api/v1/reload", { method: "PUT" });
  assertEquals(put.headers.get("allow"), "POST");
  assertEquals(
    await problemOf(put),
    '405: PUT is not allowed for "/api/v1/reload": expected POST',
  );
  assertEquals(await problemOf(await weir.ask("/")), '404: There is nothing at "/"; see GET /api');
});
