/** What was removed is shown for as long as it has sessions, whatever these are doing. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type {
  BackendView,
  ListenerView,
  PoolView,
  StatusView,
} from "../../lib/admin/metrics/status_view.ts";
import { BlackHole } from "../support/black_hole.ts";
import { echo } from "../support/conducts.ts";
import { freePorts } from "../support/free_ports.ts";
import { readMetrics } from "../support/metrics.ts";
import { eventually } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { ReloadableWeir } from "../support/reloadable_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["net", "read", "write", "run", "env", "ffi"] as const;

/** A Weir whose mappings are lines, and what its admin API says. */
class Rig {
  readonly admin: number;
  readonly #options: readonly string[];

  constructor(engine: string, admin: number) {
    this.admin = admin;
    this.#options = [
      ...["[options]", "workers = 2", `engine = ${engine}`, `admin = 127.0.0.1:${admin}`],
      ...["health_check = off", "connect_timeout = 1m", "queue_timeout = 1m", "[mappings]"],
    ];
  }

  config(...mappings: string[]): string {
    return [...this.#options, ...mappings, ""].join("\n");
  }

  /** Reloads, and waits until the API shows it: it caches an answer for a moment. */
  async reload(weir: ReloadableWeir, text: string): Promise<void> {
    const before = (await this.status()).reloads.succeeded;
    await weir.reload(text);
    await eventually("the API has heard of it", async () => {
      return (await this.status()).reloads.succeeded > before;
    });
  }

  async status(): Promise<StatusView> {
    return await (await fetch(`http://127.0.0.1:${this.admin}/api/v1/status`)).json();
  }

  async listener(key: string): Promise<ListenerView | undefined> {
    return (await this.status()).listeners.find((listener) => listener.key === key);
  }

  async pool(name: string): Promise<PoolView | undefined> {
    return (await this.status()).pools.find((pool) => pool.name === name);
  }

  async backend(id: string): Promise<BackendView | undefined> {
    return (await this.status()).pools.flatMap(({ backends }) => backends)
      .find((backend) => backend.id === id);
  }

  /** How many sessions each leaving listener has. */
  async leaving(): Promise<Record<string, number>> {
    const { listeners } = await this.status();
    return Object.fromEntries(
      listeners.filter(({ leaving }) => leaving).map(({ key, figures }) => [key, figures.active]),
    );
  }

  /** Sets a backend's mode, and returns the answer's status and text. */
  async setMode(id: string, mode: string): Promise<string> {
    const url = `http://127.0.0.1:${this.admin}/api/v1/backends/${encodeURIComponent(id)}/mode`;
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ mode });
    const answer = await fetch(url, { method: "POST", headers, body });
    return `${answer.status} ${await answer.text()}`;
  }

  async endSessions(id: string): Promise<unknown> {
    const url = `http://127.0.0.1:${this.admin}/api/v1/backends/${encodeURIComponent(id)}/sessions`;
    return await (await fetch(url, { method: "DELETE" })).json();
  }
}

for (const engine of ["streams", "native"]) {
  permittedTest(
    NEEDS,
    `${engine}: a removed backend is leaving until its last session ends`,
    async () => {
      await using staying = new TestBackend(echo);
      await using going = new TestBackend(echo);
      const [port = 0, admin = 0] = freePorts(2);
      const key = `127.0.0.1:${port}`;
      const rig = new Rig(engine, admin);
      const both = rig.config(`${key} = ${staying.name}, ${going.name}`);
      const one = rig.config(`${key} = ${staying.name}`);
      await using weir = await ReloadableWeir.start(both);
      const clients = await Promise.all([1, 2, 3, 4].map(() => SocketEnd.connect(port)));
      await Promise.all(clients.map((client) => client.ping()));
      const id = `${key}/${going.name}`;
      const before = await rig.backend(id);
      assertEquals([before?.condition, before?.figures.active], ["up", 2]);

      await rig.reload(weir, one);
      const leaving = await rig.backend(id);
      assertEquals([leaving?.condition, leaving?.figures.active], ["leaving", 2]);
      assertEquals([(await rig.status()).ready, (await rig.listener(key))?.leaving], [true, false]);
      assertMatch(await rig.setMode(id, "drain"), /^409 .* is leaving: it was removed/);
      await Promise.all(clients.map((client) => client.ping("still here")));

      // It comes back, with what it has; a drain would hold again.
      await rig.reload(weir, both);
      const again = await rig.backend(id);
      assertEquals([again?.condition, again?.figures.active], ["up", 2]);
      assertEquals(again?.figures.sessions, before?.figures.sessions);
      assertMatch(await rig.setMode(id, "drain"), /^200 /);

      await rig.reload(weir, one);
      assertEquals(await rig.endSessions(id), { closed: 2 });
      await eventually("it has gone", async () => await rig.backend(id) === undefined);
      await rig.reload(weir, both);
      const fresh = await rig.backend(id);
      assertEquals([fresh?.condition, fresh?.figures.sessions], ["up", 0]);
      for (const client of clients) client.close();
    },
  );

  permittedTest(
    NEEDS,
    `${engine}: a removed listener is leaving until its last session ends`,
    async () => {
      await using backend = new TestBackend(echo);
      using silent = await BlackHole.open();
      const [staying = 0, serving = 0, dialling = 0, queueing = 0, other = 0] = freePorts(5);
      const [admin = 0] = freePorts(1);
      const keys = [serving, dialling, queueing].map((port) => `127.0.0.1:${port}`);
      const [servingKey = "", diallingKey = "", queueingKey = ""] = keys;
      const rig = new Rig(engine, admin);
      const rest = rig.config(`127.0.0.1:${staying} = ${backend.name}`);
      const all = [
        rest.trimEnd(),
        `${servingKey} = ${backend.name}`,
        `${diallingKey} = ${silent.name}`,
        `${queueingKey} = ${backend.name} max_connections=1`,
        "",
      ].join("\n");
      await using weir = await ReloadableWeir.start(all);
      using served = await SocketEnd.connect(serving);
      using dialled = await SocketEnd.connect(dialling);
      using first = await SocketEnd.connect(queueing);
      await Promise.all([served.ping(), first.ping()]);
      using waiting = await SocketEnd.connect(queueing);
      await waiting.send("ping");
      const expected = { [servingKey]: 1, [diallingKey]: 1, [queueingKey]: 2 };
      await eventually("all are let in, and one waits", async () => {
        const { listeners } = await rig.status();
        return listeners.reduce((sum, { figures }) => sum + figures.active, 0) === 4 &&
          (await rig.pool(queueingKey))?.figures.queued === 1;
      });

      await rig.reload(weir, rest);
      assertEquals(await rig.leaving(), expected);
      assertEquals((await rig.status()).ready, true);
      const metrics = await readMetrics(admin);
      assertEquals(metrics.get(`weir_listener_leaving{listener="${queueingKey}"}`), 1);
      assertEquals(metrics.get(`weir_listener_active_sessions{listener="${queueingKey}"}`), 2);
      const labels = `pool="${diallingKey}",backend="${silent.name}"`;
      assertEquals(metrics.get(`weir_backend_leaving{${labels}}`), 1);
      assertEquals(metrics.get(`weir_backend_active_sessions{${labels}}`), 1);
      const weirStatus = ["status", "--admin", `127.0.0.1:${admin}`];
      const { code, stdout } = await WeirProcess.run(weirStatus);
      assertEquals(code, 0);
      assert(stdout.includes(`${servingKey} was removed and is finishing its sessions`), stdout);
      assertMatch(stdout, /\b4 sessions\b/);
      assertMatch(stdout, /Leaving/);

      // Reloads do not take away their rows, even if nothing else is counted in them.
      const more = Array.from({ length: 40 }, (_, index) => `127.0.0.2:${index + 1}`).join(", ");
      await rig.reload(weir, `${rest}127.0.0.1:${other} = ${more}\n`);
      await rig.reload(weir, rest);
      await eventually("it has gone, as it had no session", async () => {
        return !Object.hasOwn(await rig.leaving(), `127.0.0.1:${other}`);
      });
      assertEquals(await rig.leaving(), expected);
      first.close();
      await waiting.readText("ping".length);
      await served.ping("still here");
      await eventually("there are only those left that are there", async () => {
        const leaving = await rig.leaving();
        return Object.keys(leaving).length === 3 && leaving[queueingKey] === 1;
      });

      // One comes back, with its figures; the others go when their sessions have ended.
      await rig.reload(weir, `${rest}${servingKey} = ${backend.name}\n`);
      const again = await rig.listener(servingKey);
      assertEquals([again?.leaving, again?.figures.accepted, again?.figures.active], [false, 1, 1]);
      for (const client of [served, dialled, waiting]) client.close();
      await rig.reload(weir, rest);
      // If the backend is still being dialled, it goes unnoticed that the client has left.
      await rig.endSessions(`${diallingKey}/${silent.name}`);
      await eventually("all have gone", async () => Object.keys(await rig.leaving()).length === 0);
      assertEquals((await rig.status()).listeners.length, 1);
      assertEquals(await weir.stop(), 0);
    },
  );
}
