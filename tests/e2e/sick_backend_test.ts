/** Backends that hang, vanish or go down: how they are detected, and what that costs. */
import { assert, assertEquals } from "@std/assert";
import { BlackHole } from "../support/black_hole.ts";
import { echo, listenOnly } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { eventually, pause } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;

permittedTest(
  NEEDS,
  "a backend that accepts and never answers is down after health_fall checks",
  async () => {
    let isAnswering = false;
    await using hanging = new TestBackend(async (end) => {
      if (isAnswering) await echo(end);
      else await listenOnly(end);
    });
    await using well = new TestBackend(echo);
    const [streams = 0, native = 0] = freePorts(2);
    await using weir = await ReloadableWeir.start(`
      [options]
      workers = 2
      algorithm = round_robin
      idle_timeout = 1500ms
      health_check = send_expect
      health_send = ping\\x01\\r\\n
      health_expect = ping\\x01
      health_interval = 200ms
      health_timeout = 150ms
      health_fall = 3
      health_rise = 2
      access_log = FOLDER/access.log
      log_format = json
      [mappings]
      127.0.0.1:${streams} = ${hanging.name}, ${well.name}
      127.0.0.1:${native} = ${hanging.name}, ${well.name}
      [options 127.0.0.1:${streams}]
      engine = streams
      [options 127.0.0.1:${native}]
      engine = native
    `.replaceAll(/\n +/g, "\n"));
    // Each listener has a session with it already, which is never answered.
    using stack = new DisposableStack();
    const asked = await Promise.all([streams, streams, native, native].map(async (port) => {
      const client = stack.use(await SocketEnd.connect(port));
      await client.send("anybody there?");
      return client;
    }));
    await weir.process.logged(
      new RegExp(`${hanging.name} of pool 127.0.0.1:${streams} is down: connected, but no`),
    );
    await weir.process.logged(
      new RegExp(`${hanging.name} of pool 127.0.0.1:${native} is down`),
    );
    const before = weir.log;
    for (const port of [streams, native]) {
      for (let i = 0; i < 10; i++) await ping(port);
    }
    await Promise.all(asked.map((client) => client.readAll()));
    const records = await weir.recordsWhen("all are logged", (all) => all.length === 24);
    const hung = records.filter(({ backend }) => backend === hanging.name);
    assertEquals(hung.map(({ close_code }) => close_code), hung.map(() => "cD"));
    assert(hung.length >= 2 && hung.length <= 4, `${hung.length} sessions`);
    assertEquals(weir.log, before, "a line for each flip and no more");

    isAnswering = true;
    await weir.process.logged(
      new RegExp(`${hanging.name} of pool 127.0.0.1:${native} is up: 2 checks`),
    );
    assertEquals(await weir.stop(), 0);
  },
);

for (const engine of ["streams", "native"]) {
  permittedTest(
    NEEDS,
    `${engine}: a black hole costs clients connect_timeout once each, and ejection spares the next`,
    async () => {
      await using well = new TestBackend(echo);
      using hole = await BlackHole.open();
      const [port = 0] = freePorts(1);
      await using weir = await ReloadableWeir.start(`
        [options]
        workers = 2
        engine = ${engine}
        algorithm = round_robin
        connect_timeout = 300ms
        health_check = off
        max_fails = 3
        fail_timeout = 1h
        access_log = FOLDER/access.log
        log_format = json
        [mappings]
        127.0.0.1:${port} = ${hole.name}, ${well.name}
      `.replaceAll(/\n +/g, "\n"));
      for (let i = 0; i < 20; i++) await ping(port);
      const records = await weir.recordsWhen("all are logged", (all) => all.length === 20);
      const waited = records.filter(({ retries }) => retries > 0);
      assertEquals(waited.map(({ retries }) => retries), [1, 1, 1]);
      for (const { duration_ms } of waited) assert(duration_ms >= 290, `${duration_ms} ms`);
      assertEquals(records.filter(({ close_code }) => close_code !== "--"), []);
      await weir.process.logged(/is ejected for [^\n]*3 connections in a row failed/);
    },
  );
}

permittedTest(
  NEEDS,
  "on_down = close ends the sessions of a backend that is found down, and keep lets them be",
  async () => {
    await using backend = new TestBackend(echo);
    await using other = new TestBackend(echo);
    let isHealthy = true;
    // Checked elsewhere, so that the backend itself goes on while it is down.
    await using check = new TestBackend((end) =>
      end.send(isHealthy ? "HTTP/1.0 200 OK\r\n\r\n" : "HTTP/1.0 503 No\r\n\r\n")
    );
    const [streams = 0, native = 0, keep = 0] = freePorts(3);
    await using weir = await ReloadableWeir.start(`
      [options]
      workers = 2
      health_check = http:/ready
      health_port = ${check.port}
      health_interval = 100ms
      on_down = close
      access_log = FOLDER/access.log
      log_format = json
      [mappings]
      127.0.0.1:${streams} = ${backend.name}
      127.0.0.1:${native} = ${backend.name}
      127.0.0.1:${keep} = ${other.name}
      [options 127.0.0.1:${streams}]
      engine = streams
      [options 127.0.0.1:${native}]
      engine = native
      [options 127.0.0.1:${keep}]
      on_down = keep
    `.replaceAll(/\n +/g, "\n"));
    using stack = new DisposableStack();
    async function connect(port: number): Promise<SocketEnd> {
      const client = stack.use(await SocketEnd.connect(port));
      await client.ping();
      return client;
    }
    const closed = await Promise.all([streams, streams, native, native].map(connect));
    const kept = await connect(keep);
    isHealthy = false;
    await Promise.all(closed.map((client) => client.readAll()));
    await weir.process.logged(new RegExp(`pool 127.0.0.1:${keep} is down: .*503`));
    await kept.ping("still here");
    const records = await weir.recordsWhen("all are logged", (all) => all.length === 4);
    for (const { close_code, reason } of records) {
      assertEquals([close_code, reason], ["DD", "backend went down while relaying"]);
    }
    // With no backend up, a client is closed at once.
    using late = await SocketEnd.connect(keep);
    assertEquals((await late.readAll()).length, 0);
    isHealthy = true;
    await weir.process.logged(new RegExp(`pool 127.0.0.1:${keep} is up`));
    await ping(keep);
  },
);

permittedTest(
  NEEDS,
  "draining a backend gives it no new session and lets the old ones finish; maintenance silences its checks",
  async () => {
    const [streams = 0, native = 0] = freePorts(2);
    await using going = new TestBackend(echo);
    await using staying = new TestBackend(echo);
    function config(flag: string): string {
      return `
        [options]
        workers = 2
        algorithm = round_robin
        health_interval = 50ms
        access_log = FOLDER/access.log
        log_format = json
        [mappings]
        127.0.0.1:${streams} = ${going.name} ${flag}, ${staying.name}
        127.0.0.1:${native} = ${going.name} ${flag}, ${staying.name}
        [options 127.0.0.1:${streams}]
        engine = streams
        [options 127.0.0.1:${native}]
        engine = native
      `.replaceAll(/\n +/g, "\n");
    }
    await using weir = await ReloadableWeir.start(config(""));
    using stack = new DisposableStack();
    const clients = await Promise.all([streams, streams, native, native].map(async (port) => {
      const client = stack.use(await SocketEnd.connect(port));
      await client.ping();
      return client;
    }));

    await weir.reload(config("drain"));
    for (const port of [streams, native]) for (let i = 0; i < 6; i++) await ping(port);
    const drained = await weir.recordsWhen("all are logged", (all) => all.length === 12);
    assertEquals(drained.filter(({ backend }) => backend === going.name), []);
    for (const client of clients) await client.ping("still here");
    const checked = going.accepted;
    await eventually("checks go on", () => going.accepted > checked);
    for (const client of clients) {
      await client.finish();
      assertEquals(await client.readAllText(), "");
    }

    await weir.reload(config("maintenance"));
    // A check may be in progress.
    await pause(200);
    const silent = going.accepted;
    for (const port of [streams, native]) for (let i = 0; i < 6; i++) await ping(port);
    await pause(300);
    assertEquals(going.accepted, silent);

    await weir.reload(config(""));
    const before = (await weir.records()).length;
    for (const port of [streams, native]) for (let i = 0; i < 6; i++) await ping(port);
    await weir.recordsWhen(
      "it has its share again",
      (all) => all.slice(before).filter(({ backend }) => backend === going.name).length === 6,
    );
    assertEquals(await weir.stop(), 0);
  },
);

async function ping(port: number): Promise<void> {
  using client = await SocketEnd.connect(port);
  await client.ping();
}
