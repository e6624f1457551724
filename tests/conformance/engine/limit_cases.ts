/** Limits hold over all workers together. */
import { assert, assertEquals } from "@std/assert";
import { echo } from "../../support/conducts.ts";
import { eventually } from "../../support/patience.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { isReset, SocketEnd } from "../../support/socket_end.ts";
import { TestBackend } from "../../support/test_backend.ts";
import type { EngineCase } from "./engine_case.ts";

export const LIMIT_CASES: readonly EngineCase[] = [
  {
    name: "keeps a listener's max_connections exactly, over two workers",
    async run(engine) {
      await using backend = new TestBackend(echo);
      await using weir = await RunningWeir.start(engine, {
        backends: [backend.name],
        options: { max_connections: 10 },
      });
      for (let round = 0; round < 3; round++) {
        const clients = await connectMany(weir.port, 40);
        const served = await countServed(clients);
        assertEquals([served, weir.active, backend.open], [10, 10, 10]);
        closeAll(clients);
        await weir.activeIs(0);
        await eventually("the backend's connections are closed", () => backend.open === 0);
      }
      assertEquals((await weir.finish()).length, 30);
      assertEquals(weir.books.refused, 90);
    },
  },
  {
    name: "keeps the backends' max_connections exactly, over two workers",
    async run(engine) {
      await using small = new TestBackend(echo);
      await using large = new TestBackend(echo);
      await using weir = await RunningWeir.start(engine, {
        backends: [`${small.name} max_connections=3`, `${large.name} max_connections=5`],
      });
      const clients = await connectMany(weir.port, 40);
      assertEquals(await countServed(clients), 8);
      assertEquals([small.open, large.open], [3, 5]);
      closeAll(clients);
      await weir.activeIs(0);
      using client = await SocketEnd.connect(weir.port);
      await client.ping();
      client.close();

      const records = await weir.finish();
      const refused = records.filter((record) => record.ended_by === "no_backend");
      assertEquals(refused.length, 32);
      for (const record of refused) assertEquals(record.close_code, "SQ");
      assert(/have reached their max_connections/.test(weir.log), weir.log);
    },
  },
  {
    name: "leaves nobody in the dark who is held at a limit when it is told to stop",
    async run(engine) {
      await using backend = new TestBackend(echo);
      await using weir = await RunningWeir.start(engine, {
        backends: [backend.name],
        options: { max_connections: 1 },
      });
      const [first] = await connectMany(weir.port, 1);
      await first?.ping();
      const others = await connectMany(weir.port, 30);
      const finishing = weir.finish();
      assertEquals(await countServed(others), 0);
      closeAll([first as SocketEnd, ...others]);
      assertEquals((await finishing).length, 1);
      assertEquals([weir.books.refused, weir.active], [30, 0]);
    },
  },
];

function connectMany(port: number, count: number): Promise<SocketEnd[]> {
  return Promise.all(Array.from({ length: count }, () => SocketEnd.connect(port)));
}

/** Returns how many of the clients get an echo; the others find their connection closed. */
async function countServed(clients: readonly SocketEnd[]): Promise<number> {
  const served = await Promise.all(clients.map(async (client) => {
    try {
      await client.send("ping");
      return await client.readSome() !== undefined;
    } catch (error) {
      if (isReset(error)) return false;
      throw error;
    }
  }));
  return served.filter(Boolean).length;
}

function closeAll(clients: readonly SocketEnd[]): void {
  for (const client of clients) client.close();
}
