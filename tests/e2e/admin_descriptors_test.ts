/** What the admin API does when descriptors are scarce: nothing that a session would notice. */
import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { echo } from "../support/conducts.ts";
import { limitDescriptors } from "../support/descriptor_limit.ts";
import { freePorts } from "../support/free_ports.ts";
import { eventually, within } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { countDescriptors } from "../support/process_figures.ts";
import { programTest } from "../support/program.ts";
import { TestBackend } from "../support/test_backend.ts";
import { WeirProcess } from "../support/weir_process.ts";

/** Deno requires all permissions for looking at the descriptors of another process. */
const NEEDS = ["all"] as const;
/** How many idle connections are attempted at once. */
const IDLE = 600;

interface UnderTest {
  readonly weir: WeirProcess;
  /** Where sessions begin. */
  readonly port: number;
  /** Where the admin API is. */
  readonly admin: number;
}

/** Runs Weir with a backend that echoes, and an admin API that is open to this machine. */
async function withWeir(
  fn: (under: UnderTest) => Promise<void>,
  wrapper: readonly string[] = [],
): Promise<void> {
  await using backend = new TestBackend(echo);
  const [port, admin] = freePorts(2) as [number, number];
  await using weir = await WeirProcess.start(
    `[options]\nadmin = 127.0.0.1:${admin}\n[mappings]\n127.0.0.1:${port} = ${backend.name}\n`,
    { wrapper },
  );
  await fn({ weir, port, admin });
  assertEquals((await weir.stop()).code, 0);
}

/** Sends a line through Weir, and returns whether it came back. */
async function converse(port: number, text: string): Promise<boolean> {
  using connection = await Deno.connect({ port });
  await connection.write(new TextEncoder().encode(text));
  await connection.closeWrite();
  return await new Response(connection.readable).text() === text;
}

/** Opens a session that stays. */
async function openSession(port: number): Promise<Deno.Conn> {
  const connection = await Deno.connect({ port });
  await connection.write(new Uint8Array(1));
  assertEquals(await within("the echo", connection.read(new Uint8Array(1))), 1);
  return connection;
}

/** Waits until the other side closes an idle connection. */
async function closed(connection: Deno.Conn): Promise<void> {
  const count = await within("the end", connection.read(new Uint8Array(1)).catch(() => null));
  assertEquals(count, null);
}

async function isAlive(admin: number): Promise<boolean> {
  const client = Deno.createHttpClient({});
  try {
    const response = await fetch(`http://127.0.0.1:${admin}/healthz`, { client });
    return (await response.json()).alive;
  } catch {
    return false;
  } finally {
    client.close();
  }
}

function assertBound(port: number): void {
  assertThrows(() => Deno.listen({ hostname: "127.0.0.1", port }), Deno.errors.AddrInUse);
}

/** Keeps connecting, and never sends anything. */
class IdleCrowd implements AsyncDisposable {
  readonly #port: number;
  readonly #connections = new Set<Deno.Conn>();
  readonly #members: readonly Promise<void>[];
  #isOver = false;
  attempts = 0;

  constructor(port: number) {
    this.#port = port;
    this.#members = Array.from({ length: IDLE }, () => this.#connect());
  }

  async #connect(): Promise<void> {
    while (!this.#isOver) {
      this.attempts++;
      try {
        using connection = await Deno.connect({ port: this.#port });
        this.#connections.add(connection);
        if (!this.#isOver) await connection.read(new Uint8Array(1));
        this.#connections.delete(connection);
      } catch {
        // Closed by Weir before it was established, or here at the end.
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const connection of this.#connections) connection[Symbol.dispose]();
    await within("the end of the crowd", Promise.all(this.#members));
  }
}

if (Deno.build.os === "linux") {
  permittedTest(
    NEEDS,
    "idle connections to the admin API cost no session its descriptors",
    () =>
      withWeir(async ({ weir, port, admin }) => {
        const before = countDescriptors(weir.pid);
        let most = before;
        {
          await using crowd = new IdleCrowd(admin);
          for (let index = 0; index < 300 || crowd.attempts < 3 * IDLE; index++) {
            assert(await converse(port, `session ${index}`));
            assertBound(admin);
            most = Math.max(most, countDescriptors(weir.pid));
          }
          // Clients with a request are answered: idle ones make room.
          await eventually("Weir says that it is alive", () => isAlive(admin));
        }
        // A quarter of what is left of 300 after Weir itself (100), two workers, a check and a
        // session.

        assertLess(most - before, 49 + 20);
      }, ["sh", "-c", 'ulimit -n 300 && exec "$@"', "sh"]),
  );
}

/** Registers a test that takes from a running process the right to open anything more. */
function exhaustionTest(
  name: string,
  fn: (under: UnderTest, exhaust: () => Promise<void>) => Promise<void>,
): void {
  programTest(
    "prlimit",
    NEEDS,
    name,
    () => withWeir((under) => fn(under, () => forbidFurther(under.weir.pid))),
  );
}

exhaustionTest(
  "idle connections to the admin API are closed when there is no descriptor left",
  async ({ weir, port, admin }, exhaust) => {
    const stream = await fetch(`http://127.0.0.1:${admin}/api/v1/events?kinds=status`);
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const before = countDescriptors(weir.pid);
    const idle = await Promise.all(Array.from({ length: 50 }, () => Deno.connect({ port: admin })));
    try {
      await eventually("they are accepted", () => countDescriptors(weir.pid) === before + 50);
      await exhaust();
      // It goes unnoticed until a client comes; then the idle ones are closed.
      await eventually("Weir says that it is alive", () => isAlive(admin));
      for (const connection of idle) await closed(connection);
      assert(await converse(port, "hello"));
      await weir.logged(/admin API could not accept a connection: [^\n]*Too many open files/);
      assertEquals((await within("the next status", reader.read())).done, false);
    } finally {
      for (const connection of idle) connection.close();
      await reader.cancel();
    }
  },
);

exhaustionTest(
  "the admin API keeps its address while sessions have all descriptors, and turns clients away",
  async ({ weir, port, admin }, exhaust) => {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => openSession(port)));
    try {
      await eventually("nobody asks the admin API", () => isAlive(admin));
      await exhaust();
      for (let index = 0; index < 20; index++) {
        using connection = await Deno.connect({ port: admin });
        await closed(connection);
        assertBound(admin);
      }
      assertEquals(await isAlive(admin), false);
      await weir.logged(/admin API could not accept a connection: [^\n]*Too many open files/);
    } finally {
      for (const session of sessions) session.close();
    }
    await eventually("Weir says that it is alive", () => isAlive(admin));
    assert(await converse(port, "hello"));
  },
);

/** Sets the limit so that not one more descriptor fits under it. */
async function forbidFurther(pid: number): Promise<void> {
  const taken = new Set([...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) => Number(name)));
  let limit = 0;
  while (taken.has(limit)) limit++;
  await limitDescriptors(pid, limit);
}
