/** A place is free from the moment on at which anybody can know that the session has ended. */
import { assert, assertEquals } from "@std/assert";
import { listenOnly } from "../../support/conducts.ts";
import type { EngineUnderTest } from "../../support/engines_under_test.ts";
import { ResettableEnd } from "../../support/resettable_end.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { isReset, SocketEnd } from "../../support/socket_end.ts";
import { type Conduct, TestBackend } from "../../support/test_backend.ts";
import type { EngineCase } from "./engine_case.ts";

const SERIAL_CLIENTS = 500;
const SEQUENTIAL_CLIENTS = 30;
const MANY_TIMES = 10;

/** What a client says first: who is to close the connection first. */
const FIRST = { client: "c", backend: "b" } as const;

/** Answers, and closes first where the client wants that. */
const answerAndClose: Conduct = async (end) => {
  const question = await end.readText(1);
  await end.send(question);
  if (question === FIRST.client) await listenOnly(end);
};

/** A session from connecting to closing, one of which ends before the next begins. */
interface Visit {
  readonly name: string;
  /**
   * Whether the client has seen the end of the whole session when it comes again. Otherwise Weir is
   * about to hear of it, and only the worker that has the session can put first things first.
   */
  readonly seesEnd: boolean;
  /** Returns whether the client was served. */
  pay(port: number): Promise<boolean>;
}

const VISITS: readonly Visit[] = [
  {
    name: "closes first",
    seesEnd: true,
    pay: (port) =>
      isServed(port, async (client) => {
        await client.send(FIRST.client);
        if (await client.readSome() === undefined) return false;
        await client.finish();
        return (await client.readAll()).ending === "end";
      }),
  },
  {
    name: "closes last",
    seesEnd: false,
    pay: (port) =>
      isServed(port, async (client) => {
        await client.send(FIRST.backend);
        return (await client.readAll()).length === 1;
      }),
  },
  {
    name: "resets",
    seesEnd: false,
    async pay(port) {
      const client = await ResettableEnd.connect(port);
      await client.send(new TextEncoder().encode(FIRST.client));
      const served = await client.receivedAtLeast(1).then(() => true, () => false);
      await client.reset();
      return served;
    },
  },
];

const LIMITS = [
  { whose: "a backend's", flag: " max_connections=1", options: {} },
  { whose: "the listener's", flag: "", options: { max_connections: 1 } },
  { whose: "a client's", flag: "", options: { max_connections_per_client: 1 } },
] as const;

/**
 * Where the client sees the end, the order is certain over several workers too. Otherwise the next
 * client may be faster than the worker that has the session, and is looked at once more: enough for
 * nearly all.
 */
const WORKERS_AND_VISITS = [
  { workers: 1, visits: VISITS, mostRefused: 0 },
  { workers: 2, visits: VISITS.filter(({ seesEnd }) => seesEnd), mostRefused: 0 },
  { workers: 2, visits: VISITS.filter(({ seesEnd }) => !seesEnd), mostRefused: 5 },
] as const;

const SERIAL: readonly EngineCase[] = LIMITS.flatMap(({ whose, flag, options }) =>
  WORKERS_AND_VISITS.map(({ workers, visits, mostRefused }) => ({
    name:
      `serves ${mostRefused === 0 ? "" : "nearly all "}clients that come one after the other at ` +
      `${whose} limit of 1, with ${workers} ${workers === 1 ? "worker" : "workers"}`,
    async run(engine: EngineUnderTest) {
      await using backend = new TestBackend(answerAndClose);
      await using weir = await RunningWeir.start(engine, {
        backends: [backend.name + flag],
        options: { workers, ...options },
      });
      const refused: string[] = [];
      for (let i = 0; i < SERIAL_CLIENTS; i++) {
        const visit = visits[i % visits.length] as Visit;
        if (!await visit.pay(weir.port)) refused.push(`${i} (${visit.name})`);
      }
      assert(refused.length <= mostRefused, refused.join("\n"));
    },
  }))
);

const IN_TURN: readonly EngineCase[] = VISITS.map((visit) => ({
  name: `counts no load for a client that ${visit.name} once the next one comes`,
  async run(engine) {
    await using first = new TestBackend(answerAndClose);
    await using second = new TestBackend(answerAndClose);
    await using weir = await RunningWeir.start(engine, {
      backends: [first.name, second.name],
      options: { algorithm: "least_connections", workers: visit.seesEnd ? 2 : 1 },
    });
    for (let i = 0; i < SEQUENTIAL_CLIENTS; i++) assertEquals(await visit.pay(weir.port), true);
    const half = SEQUENTIAL_CLIENTS / 2;
    assertEquals([first.accepted, second.accepted], [half, half]);
  },
}));

const HELD: EngineCase = {
  name: "sends those to the other backend who come while one holds a session",
  async run(engine) {
    await using stalled = new TestBackend((_end, _index, closing) => closing);
    await using quick = new TestBackend(answerAndClose);
    await using weir = await RunningWeir.start(engine, {
      backends: [stalled.name, quick.name],
      options: { algorithm: "least_connections" },
    });
    using one = await SocketEnd.connect(weir.port);
    using other = await SocketEnd.connect(weir.port);
    const held = [one, other];
    for (const client of held) await client.send(FIRST.client);
    const answered = await Promise.race(held.map((client) => client.readSome().then(() => client)));
    await answered.finish();
    await answered.readAll();
    for (let i = 0; i < 10; i++) {
      using client = await SocketEnd.connect(weir.port);
      await client.send(FIRST.client);
      await client.finish();
      assertEquals((await client.readAll()).length, 1);
    }
    assertEquals([stalled.accepted, quick.accepted], [1, 11]);
  },
};

/** Session ends caused by Weir, as a client sees them. */
const ENDS = [
  { what: "in order", backend: "answering", options: {} },
  { what: "by a timeout", backend: "silent", options: { idle_timeout: "50ms" } },
  { what: "because no backend can be reached", backend: "refusing", options: {} },
] as const;

const SETTLED: readonly EngineCase[] = ENDS.map(({ what, backend, options }) => ({
  name: `has settled a session that ends ${what} before its client can see that`,
  async run(engine) {
    await using answering = new TestBackend(answerAndClose);
    await using silent = new TestBackend(listenOnly);
    const { name } = { answering, silent, refusing: { name: "127.0.0.1:1" } }[backend];
    await using weir = await RunningWeir.start(engine, { backends: [name], options });
    for (let i = 0; i < MANY_TIMES; i++) {
      using client = await SocketEnd.connect(weir.port);
      await client.send(FIRST.client);
      if (what === "in order") await client.finish();
      await client.readAll();
      assertEquals(weir.books.busyRows, []);
    }
  },
}));

export const PLACE_CASES: readonly EngineCase[] = [...SERIAL, ...IN_TURN, HELD, ...SETTLED];

/** Runs a client, and returns whether it was served: one that is refused may find itself reset. */
async function isServed(
  port: number,
  conduct: (client: SocketEnd) => Promise<boolean>,
): Promise<boolean> {
  using client = await SocketEnd.connect(port);
  try {
    return await conduct(client);
  } catch (error) {
    if (isReset(error)) return false;
    throw error;
  }
}
