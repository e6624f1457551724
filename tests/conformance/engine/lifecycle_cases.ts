/** Idle sessions, a drain, and a worker that dies. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { echo, listenOnly, Reception } from "../../support/conducts.ts";
import { DEADLY_BYTES } from "../../support/overheard_port.ts";
import { eventually, pause, within } from "../../support/patience.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { SocketEnd } from "../../support/socket_end.ts";
import { TestBackend } from "../../support/test_backend.ts";
import type { EngineCase } from "./engine_case.ts";

export const LIFECYCLE_CASES: readonly EngineCase[] = [
  {
    name: "closes a session in which nothing moves, and no other",
    async run(engine) {
      await using backend = new TestBackend(echo);
      await using weir = await RunningWeir.start(engine, {
        backends: [backend.name],
        options: { idle_timeout: "300ms" },
      });
      using idle = await SocketEnd.connect(weir.port);
      using busy = await SocketEnd.connect(weir.port);
      await idle.ping();
      let closed = false;
      const ending = idle.readAll().then(() => {
        closed = true;
      });
      while (!closed) {
        await busy.ping();
        await pause(20);
      }
      await ending;
      await busy.ping();
      busy.close();
      const records = await weir.finish();
      // Each worker passes its lines on when it suits it.
      const reasons = records.map((record) => `${record.close_code} ${record.reason}`).sort();
      assertEquals(reasons, ["-- both sides finished", "cD idle timeout while relaying"]);
      assertEquals(weir.books.timeouts, 1);
    },
  },
  {
    name: "closes an idle session that one side has finished",
    async run(engine) {
      const reception = new Reception();
      await using backend = new TestBackend(reception.conduct);
      await using weir = await RunningWeir.start(engine, {
        backends: [backend.name],
        options: { idle_timeout: "200ms" },
      });
      using client = await SocketEnd.connect(weir.port);
      const served = await reception.next();
      await client.finish();
      assertEquals(await served.readSome(), undefined);
      await client.readAll();
      const [record] = await weir.finish();
      assertEquals(record?.close_code, "cD");
    },
  },
  {
    name: "finishes the active sessions in a drain, and accepts no others",
    async run(engine) {
      await using backend = new TestBackend(echo);
      await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
      using client = await SocketEnd.connect(weir.port);
      await client.ping();
      const drained = weir.drain();
      await eventually("connections are refused", () => isRefused(weir.port));
      await client.ping("still here");
      await client.finish();
      assertEquals(await client.readAllText(), "");
      assertEquals(await within("the drain", drained), 0);
      await assertRejects(() => SocketEnd.connect(weir.port), Deno.errors.ConnectionRefused);
      for (const { close_code } of await weir.finish()) assertEquals(close_code, "--");
    },
  },
  {
    name: "closes the sessions that outlast drain_timeout",
    async run(engine) {
      await using backend = new TestBackend(listenOnly);
      await using weir = await RunningWeir.start(engine, {
        backends: [backend.name],
        options: { drain_timeout: "200ms" },
      });
      using first = await SocketEnd.connect(weir.port);
      using second = await SocketEnd.connect(weir.port);
      await first.send("never answered");
      await second.send("nor this");
      await eventually("both are served", () => weir.books.bytesIn >= 0 && weir.active === 2);
      await eventually("the backend has both", () => backend.open === 2);
      assertEquals(await within("the drain", weir.drain()), 2);
      await Promise.all([first.readAll(), second.readAll()]);
      for (const record of await weir.finish()) {
        assertEquals([record.close_code, record.reason], ["KD", "drained while relaying"]);
      }
    },
  },
  {
    name: "serves the clients that wait in the queue when a drain begins",
    async run(engine) {
      await using backend = new TestBackend(echo);
      await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
      const clients = await Promise.all(
        Array.from({ length: 100 }, () => SocketEnd.connect(weir.port)),
      );
      const drained = weir.drain();
      await Promise.all(clients.map((client) => client.ping()));
      for (const client of clients) client.close();
      assertEquals(await within("the drain", drained), 0);
      assertEquals((await weir.finish()).length, 100);
    },
  },
  {
    name: "replaces a worker that dies, and gives back what it held",
    async run(engine) {
      await using backend = new TestBackend(echo);
      await using weir = await RunningWeir.start(engine, {
        backends: [backend.name],
        fragile: true,
      });
      const clients = await Promise.all(
        Array.from({ length: 20 }, () => SocketEnd.connect(weir.port)),
      );
      await Promise.all(clients.map((client) => client.ping()));
      using deadly = await SocketEnd.connect(weir.port);
      await deadly.ping("x".repeat(DEADLY_BYTES));
      deadly.close();
      await weir.logged(/Worker \d+ serves again/);

      // Sessions of the dead worker have ended, and those of the other one go on.
      const alive = await Promise.all(clients.map(isAlive));
      const survivors = clients.filter((_, index) => alive[index]);
      assertEquals(weir.active, survivors.length);
      assert(/Worker \d+ died/.test(weir.log));
      for (let i = 0; i < 30; i++) {
        using client = await SocketEnd.connect(weir.port);
        await client.ping();
      }
      for (const client of clients) client.close();
      await weir.activeIs(0);
      assertEquals(weir.books.busyRows, []);
      assertEquals(await within("the drain", weir.drain()), 0);
    },
  },
];

async function isRefused(port: number): Promise<boolean> {
  try {
    (await SocketEnd.connect(port)).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}

async function isAlive(client: SocketEnd): Promise<boolean> {
  try {
    await client.ping();
    return true;
  } catch {
    return false;
  }
}
