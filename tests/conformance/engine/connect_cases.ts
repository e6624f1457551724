/** Backends that refuse, that do not answer, and clients that leave meanwhile. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { BlackHole } from "../../support/black_hole.ts";
import { echo, listenOnly } from "../../support/conducts.ts";
import { eventually, within } from "../../support/patience.ts";
import { ResettableEnd } from "../../support/resettable_end.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { SocketEnd } from "../../support/socket_end.ts";
import { TestBackend } from "../../support/test_backend.ts";
import type { EngineCase } from "./engine_case.ts";

/** Nothing listens there, and no test ever gets such a low port. */
const REFUSING = ["127.0.0.1:1", "127.0.0.1:2"] as const;
const ROUND_ROBIN = { algorithm: "round_robin" };

export const CONNECT_CASES: readonly EngineCase[] = [
  {
    name: "goes on to another backend where one refuses",
    async run(engine) {
      await using backend = new TestBackend(echo);
      await using weir = await RunningWeir.start(engine, {
        backends: [...REFUSING, backend.name],
        options: ROUND_ROBIN,
      });
      for (let i = 0; i < 30; i++) {
        using client = await SocketEnd.connect(weir.port);
        await client.ping();
      }
      const records = await weir.finish();
      assertEquals(records.length, 30);
      for (const record of records) {
        assertEquals([record.close_code, record.backend], ["--", backend.name]);
        // Every backend that was tried, or nothing where the first one was right.
        const { retries, tried } = record;
        assertEquals(tried.length, retries === 0 ? 0 : retries + 1);
        for (const [index, { backend: name, outcome }] of tried.entries()) {
          const isLast = index === retries;
          assertEquals(outcome, isLast ? "connected" : "connect_failed");
          assertEquals(isLast ? name === backend.name : REFUSING.some((one) => one === name), true);
        }
      }
      // A third of the sessions start with each backend.
      const { connectFailures, perBackend } = weir.books;
      assertEquals(perBackend, [0, 0, 30]);
      assertGreater(connectFailures, 19);
      assertEquals(records.reduce((sum, { retries }) => sum + retries, 0), connectFailures);
    },
  },
  {
    name: "closes the client at once where all backends refuse, and says so",
    async run(engine) {
      await using weir = await RunningWeir.start(engine, { backends: [...REFUSING] });
      using client = await SocketEnd.connect(weir.port);
      assertEquals((await client.readAll()).length, 0);
      const [record] = await weir.finish();
      assertEquals(record?.close_code, "SC");
      assertEquals(record?.reason, "backend refused while connecting");
      assertEquals(record?.connect_ms, -1);
      assertEquals(weir.books.connectFailures, 2);
      assert(/Could not connect to backend 127\.0\.0\.1:1 /.test(weir.log), weir.log);
    },
  },
  {
    name: "tries no more backends than retries allows",
    async run(engine) {
      await using backend = new TestBackend(echo);
      await using weir = await RunningWeir.start(engine, {
        backends: [...REFUSING, `${backend.name} backup`],
        options: { retries: 1 },
      });
      using client = await SocketEnd.connect(weir.port);
      assertEquals((await client.readAll()).length, 0);
      const [record] = await weir.finish();
      assertEquals([record?.close_code, record?.retries], ["SC", 2]);
      assertEquals(
        record?.tried.toSorted((a, b) => a.backend < b.backend ? -1 : 1),
        REFUSING.map((name) => ({ backend: name, outcome: "connect_failed" })),
      );
      assertEquals([weir.books.connectFailures, backend.accepted], [2, 0]);
    },
  },
  {
    name: "goes on to another backend where one does not answer in time",
    async run(engine) {
      using blackHole = await BlackHole.open();
      await using backend = new TestBackend(echo);
      await using weir = await RunningWeir.start(engine, {
        backends: [blackHole.name, `${backend.name} backup`],
        options: { connect_timeout: "100ms" },
      });
      using client = await SocketEnd.connect(weir.port);
      await client.ping();
      client.close();
      const [record] = await weir.finish();
      assertEquals([record?.close_code, record?.retries], ["--", 1]);
      assertEquals(record?.tried, [
        { backend: blackHole.name, outcome: "connect_timeout" },
        { backend: backend.name, outcome: "connected" },
      ]);
      assertEquals([weir.books.connectTimeouts, weir.books.connectFailures], [1, 0]);
    },
  },
  {
    name: "closes the client where no backend answers in time, and says so",
    async run(engine) {
      using blackHole = await BlackHole.open();
      for (const retries of [0, 3]) {
        await using weir = await RunningWeir.start(engine, {
          backends: [blackHole.name],
          options: { connect_timeout: "100ms", retries },
        });
        using client = await SocketEnd.connect(weir.port);
        await client.send("request");
        await client.readAll();
        const [record] = await weir.finish();
        assertEquals([record?.close_code, record?.phase], ["sC", "connect"], `retries ${retries}`);
        assertEquals(weir.books.connectTimeouts, 1);
      }
    },
  },
  {
    name: "ends a session whose client has left while it was connecting",
    async run(engine) {
      using blackHole = await BlackHole.open();
      await using backend = new TestBackend(listenOnly);
      await using weir = await RunningWeir.start(engine, {
        backends: [blackHole.name, `${backend.name} backup`],
        options: { connect_timeout: "300ms" },
      });
      const closing = await SocketEnd.connect(weir.port);
      const resetting = await ResettableEnd.connect(weir.port);
      await weir.activeIs(2);
      closing.close();
      await resetting.reset();
      for (const record of await weir.records(2)) {
        assert(["--", "CD", "CC"].includes(record.close_code), record.close_code);
      }
      await weir.finish();
    },
  },
  {
    name: "ends the sessions of clients that leave at once",
    async run(engine) {
      await using backend = new TestBackend(echo);
      await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
      for (let i = 0; i < 100; i++) {
        if (i % 2 === 0) (await SocketEnd.connect(weir.port)).close();
        else await (await ResettableEnd.connect(weir.port)).reset();
      }
      using client = await SocketEnd.connect(weir.port);
      await client.ping();
      client.close();
      const records = await weir.finish();
      // One that had reset its connection before it was accepted still counts.
      assertEquals(records.length, 101);
      for (const { close_code } of records) {
        assert(["--", "CD", "CR"].includes(close_code), close_code);
      }
    },
  },
  {
    name: "gives up a pending connection when it is drained",
    async run(engine) {
      using blackHole = await BlackHole.open();
      await using weir = await RunningWeir.start(engine, {
        backends: [REFUSING[0], `${blackHole.name} backup`],
        options: { connect_timeout: "60s", drain_timeout: "100ms" },
      });
      using client = await SocketEnd.connect(weir.port);
      await eventually("it tries the second", () => weir.books.connectFailures === 1);
      assertEquals(await within("the drain", weir.drain()), 1);
      assertEquals((await client.readAll()).length, 0);
      const [record] = await weir.finish();
      assertEquals([record?.close_code, record?.ended_by], ["KC", "drain"]);
      assertEquals(record?.tried, [
        { backend: REFUSING[0], outcome: "connect_failed" },
        { backend: blackHole.name, outcome: "abandoned" },
      ]);
    },
  },
];
