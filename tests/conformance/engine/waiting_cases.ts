/** A client that waits for a place keeps it as long as it wants to be served, and no longer. */
import { assertEquals } from "@std/assert";
import { echo, summarise } from "../../support/conducts.ts";
import type { EngineUnderTest } from "../../support/engines_under_test.ts";
import { eventually } from "../../support/patience.ts";
import { ResettableEnd } from "../../support/resettable_end.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { SocketEnd } from "../../support/socket_end.ts";
import { type Conduct, TestBackend } from "../../support/test_backend.ts";
import { seededBytes, sha256 } from "../../support/test_bytes.ts";
import type { EngineCase } from "./engine_case.ts";

const BUFFER_BYTES = 4096;
/** Longer than any test waits: a client that leaves the queue has left by itself. */
const OPTIONS = { queue_timeout: "1h", buffer_size: BUFFER_BYTES };
const QUESTION = new TextEncoder().encode("question");

/** What a client does when it does not want to wait any longer. */
const LEAVINGS: readonly {
  readonly how: string;
  readonly options?: Readonly<Record<string, number>>;
  leave(client: ResettableEnd): Promise<unknown>;
}[] = [
  { how: "resets", leave: (client) => client.reset() },
  {
    how: "resets after it has sent something",
    async leave(client) {
      await client.send(QUESTION);
      await client.reset();
    },
  },
  {
    how: "resets after it has sent more than is kept for it",
    async leave(client) {
      await client.send(new Uint8Array(4 * BUFFER_BYTES));
      await client.reset();
    },
  },
  {
    how: "resets after it has sent something and finished",
    async leave(client) {
      await client.send(QUESTION);
      await client.finish();
      await client.reset();
    },
  },
  { how: "closes", leave: (client) => client.close() },
  {
    how: "finishes without a word",
    async leave(client) {
      await client.finish();
      assertEquals(await client.ended, "end");
    },
  },
  {
    how: "finishes after it has sent something, with abort_on_close",
    options: { abort_on_close: 1 },
    async leave(client) {
      await client.send(QUESTION);
      await client.finish();
      await client.ended;
    },
  },
];

const LEAVING: readonly EngineCase[] = LEAVINGS.map(({ how, options, leave }) => ({
  name: `lets a waiting client go that ${how}, and gives its place to another`,
  async run(engine) {
    await using weir = await FullWeir.start(engine, echo, { max_connections: 2, ...options });
    for (let i = 0; i < 3; i++) {
      const client = await ResettableEnd.connect(weir.port);
      await weir.queuedIs(1);
      await leave(client);
      await weir.queuedIs(0);
      await weir.activeIs(1);
      await client.close();
    }
    using patient = await SocketEnd.connect(weir.port);
    await weir.queuedIs(1);
    weir.makeRoom();
    await patient.ping();
    patient.close();
    assertEquals(weir.accepted, 2);
    const records = await weir.finish();
    const left = records.filter(({ phase }) => phase === "acquire");
    assertEquals(left.map((record) => [record.ended_by, record.close_code]), [
      ["client", "CQ"],
      ["client", "CQ"],
      ["client", "CQ"],
    ]);
  },
}));

const SERVED: readonly EngineCase[] = [
  {
    name: "serves a client that has sent its question and finished while it waited",
    async run(engine) {
      await using weir = await FullWeir.start(engine, summarise);
      using client = await SocketEnd.connect(weir.port);
      await client.send(QUESTION);
      await client.finish();
      await weir.queuedIs(1);
      weir.makeRoom();
      assertEquals(await client.readAllText(), `${QUESTION.length} ${sha256(QUESTION)}`);
      assertEquals((await weir.finish())[1]?.close_code, "--");
    },
  },
  ...([0, 1, BUFFER_BYTES, 20 * BUFFER_BYTES + 1] as const).map((early) => ({
    name: `passes on ${early} bytes sent while waiting, and what follows them`,
    async run(engine: EngineUnderTest) {
      await using weir = await FullWeir.start(engine, summarise);
      const bytes = seededBytes(6, 2 * early + 100_000);
      using client = await SocketEnd.connect(weir.port);
      await weir.queuedIs(1);
      await client.send(bytes.subarray(0, early), BUFFER_BYTES / 2 - 1);
      weir.makeRoom();
      await weir.queuedIs(0);
      await client.send(bytes.subarray(early));
      await client.finish();
      assertEquals(await client.readAllText(), `${bytes.length} ${sha256(bytes)}`);
      const records = await weir.finish();
      assertEquals(records.find(({ bytes_in }) => bytes_in > 0)?.bytes_in, bytes.length);
    },
  })),
  {
    name: "writes the PROXY header before what was sent while waiting",
    async run(engine) {
      await using weir = await FullWeir.start(engine, echo, { proxy_protocol: "v1" });
      using client = await SocketEnd.connect(weir.port);
      await client.send(QUESTION);
      await client.finish();
      await weir.queuedIs(1);
      weir.makeRoom();
      const header = `PROXY TCP4 127.0.0.1 127.0.0.1 ${client.port} ${weir.port}\r\n`;
      assertEquals(await client.readAllText(), `${header}question`);
    },
  },
];

export const WAITING_CASES: readonly EngineCase[] = [...LEAVING, ...SERVED];

/** A Weir whose only place is taken until {@linkcode makeRoom}. */
class FullWeir implements AsyncDisposable {
  readonly #backend: TestBackend;
  readonly #weir: RunningWeir;
  readonly #holder: SocketEnd;

  private constructor(backend: TestBackend, weir: RunningWeir, holder: SocketEnd) {
    this.#backend = backend;
    this.#weir = weir;
    this.#holder = holder;
  }

  static async start(
    engine: EngineUnderTest,
    conduct: Conduct,
    options: Readonly<Record<string, string | number>> = {},
  ): Promise<FullWeir> {
    const backend = new TestBackend(conduct);
    const weir = await RunningWeir.start(engine, {
      backends: [`${backend.name} max_connections=1`],
      options: { ...OPTIONS, ...options },
    });
    const holder = await SocketEnd.connect(weir.port);
    await eventually("the place is taken", () => backend.open === 1);
    return new FullWeir(backend, weir, holder);
  }

  get port(): number {
    return this.#weir.port;
  }

  activeIs(count: number): Promise<void> {
    return this.#weir.activeIs(count);
  }

  /** Connections that the backend has had. */
  get accepted(): number {
    return this.#backend.accepted;
  }

  async queuedIs(count: number): Promise<void> {
    await eventually(`${count} clients wait`, () => this.#weir.books.queued === count);
  }

  makeRoom(): void {
    this.#holder.close();
  }

  finish(): ReturnType<RunningWeir["finish"]> {
    return this.#weir.finish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#holder.close();
    await this.#weir[Symbol.asyncDispose]();
    await this.#backend[Symbol.asyncDispose]();
  }
}
