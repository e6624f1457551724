/** The time to a backend's first byte, and how `least_time` chooses by it. */
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { BackendReading } from "../../../lib/state/counters.ts";
import type { Conduct } from "../../support/test_backend.ts";
import { listenOnly, Reception } from "../../support/conducts.ts";
import { eventually, pause } from "../../support/patience.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { SocketEnd } from "../../support/socket_end.ts";
import { TestBackend } from "../../support/test_backend.ts";
import type { EngineCase } from "./engine_case.ts";

const LEAST_TIME = { algorithm: "least_time" };
const FAST_MS = 100;
const SESSIONS = 36;
const UPLOAD_MS = 1_000;

/** Answers the first bytes after a time, and keeps the connection. */
function answerAfter(ms: number): Conduct {
  return async (end) => {
    if (await end.readSome() === undefined) return;
    await pause(ms);
    await end.send("answer");
    await listenOnly(end);
  };
}

/** The moving average for each backend, in milliseconds; 0 where nothing was measured. */
function averages({ supervisor }: RunningWeir): number[] {
  const rows = supervisor.generation.pools.flatMap(({ backendRows }) => backendRows);
  return rows.map((row) => supervisor.state.backendReading(row, BackendReading.firstByteTimeMs));
}

/** The average of the first backend, once there is one: a client may see the byte before. */
async function averageOf(weir: RunningWeir): Promise<number> {
  await eventually("a first byte is timed", () => averages(weir)[0] !== 0);
  return averages(weir)[0] ?? 0;
}

export const FIRST_BYTE_CASES: readonly EngineCase[] = [
  {
    name: "gives a backend that is twice as slow about half as many sessions under least_time",
    async run(engine) {
      await using fast = new TestBackend(answerAfter(FAST_MS));
      await using slow = new TestBackend(answerAfter(2 * FAST_MS));
      await using weir = await RunningWeir.start(engine, {
        backends: [fast.name, slow.name],
        options: LEAST_TIME,
      });
      async function visit(): Promise<SocketEnd> {
        const client = await SocketEnd.connect(weir.port);
        await client.send("question");
        await client.readText(6);
        return client;
      }
      // The first sessions of a process are slow, and a busy machine has hiccups, which count.
      await eventually("the averages tell the backends apart", async () => {
        const visitors = await Promise.all([visit(), visit()]);
        for (const visitor of visitors) visitor.close();
        const [fastMs = 0, slowMs = 0] = averages(weir);
        return fastMs > 0 && slowMs > 1.6 * fastMs;
      });
      await weir.activeIs(0);
      const before = weir.books.perBackend;
      const clients = await Promise.all(Array.from({ length: SESSIONS }, visit));
      const [fastSessions = 0, slowSessions = 0] = weir.books.perBackend.map((count, index) =>
        count - (before[index] ?? 0)
      );
      for (const client of clients) client.close();
      await weir.finish();
      assertEquals(fastSessions + slowSessions, SESSIONS);
      // A third of them. All else being equal, other algorithms would give it half.
      assertGreater(slowSessions, SESSIONS * 0.15);
      assertLess(slowSessions, SESSIONS * 0.46);
    },
  },
  {
    name: "times a backend from the client's latest bytes on, not from its first",
    async run(engine) {
      await using backend = new TestBackend(async (end) => {
        await end.readText(2);
        await end.send("answer");
        await listenOnly(end);
      });
      await using weir = await RunningWeir.start(engine, {
        backends: [backend.name],
        options: LEAST_TIME,
      });
      using client = await SocketEnd.connect(weir.port);
      await client.send("a");
      await pause(UPLOAD_MS);
      await client.send("b");
      await client.readText(6);
      assertLess(await averageOf(weir), UPLOAD_MS / 2);
      client.close();
      await weir.finish();
    },
  },
  {
    name: "times a backend that speaks first from its connection on",
    async run(engine) {
      const reception = new Reception();
      await using backend = new TestBackend(reception.conduct);
      await using weir = await RunningWeir.start(engine, {
        backends: [backend.name],
        options: LEAST_TIME,
      });
      using client = await SocketEnd.connect(weir.port);
      const served = await reception.next();
      // The backend may know of the connection before Weir does.
      await eventually("it is connected", () => weir.books.perBackend[0] === 1);
      await pause(FAST_MS);
      await served.send("welcome");
      await client.readText(7);
      assertGreater(await averageOf(weir), FAST_MS - 1);
      client.close();
      served.close();
      await weir.finish();
    },
  },
  {
    name: "raises the average by a wait in vain that was longer",
    async run(engine) {
      await using backend = new TestBackend(async (end, index) => {
        await end.readSome();
        if (index === 0) await end.send("answer");
        await listenOnly(end);
      });
      await using weir = await RunningWeir.start(engine, {
        backends: [backend.name],
        options: { ...LEAST_TIME, workers: 1 },
      });
      using first = await SocketEnd.connect(weir.port);
      await first.send("question");
      await first.readText(6);
      const beforeMs = await averageOf(weir);
      using second = await SocketEnd.connect(weir.port);
      await second.send("question");
      await pause(beforeMs + UPLOAD_MS);
      second.close();
      await weir.records(1);
      assertGreater(averages(weir)[0] ?? 0, Math.max(beforeMs, UPLOAD_MS / 2));
      first.close();
      await weir.finish();
    },
  },
  {
    name: "times no first byte for other algorithms",
    async run(engine) {
      await using backend = new TestBackend(answerAfter(0));
      await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
      using client = await SocketEnd.connect(weir.port);
      await client.send("question");
      await client.readText(6);
      client.close();
      await weir.finish();
      assertEquals(averages(weir), [0]);
    },
  },
];
