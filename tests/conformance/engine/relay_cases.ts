/** Bytes arrive, all of them and in order, and the end of one direction leaves the other alone. */
import { assertEquals, assertLess } from "@std/assert";
import { echo, Reception, sayAndClose, summarise } from "../../support/conducts.ts";
import { standstill } from "../../support/patience.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { SocketEnd } from "../../support/socket_end.ts";
import { TestBackend } from "../../support/test_backend.ts";
import { seededBytes, sha256 } from "../../support/test_bytes.ts";
import type { EngineCase } from "./engine_case.ts";

const MEBIBYTE = 1024 * 1024;
/** More than all socket buffers on the way hold together. */
const MORE_THAN_BUFFERS = 160 * MEBIBYTE;
const HELD_BACK = 96 * MEBIBYTE;

export const RELAY_CASES: readonly EngineCase[] = [
  {
    name: "passes on a client's half-close, and the reply that follows it",
    async run(engine) {
      await using backend = new TestBackend(summarise);
      await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
      using client = await SocketEnd.connect(weir.port);
      await client.send("request");
      await client.finish();
      const digest = sha256(new TextEncoder().encode("request"));
      assertEquals(await client.readAllText(), `7 ${digest}`);
      const [record] = await weir.finish();
      assertEquals(record?.close_code, "--");
      assertEquals([record?.bytes_in, record?.bytes_out], [7, 66]);
    },
  },
  {
    name: "passes on a backend's half-close, and what the client sends after it",
    async run(engine) {
      const reception = new Reception();
      await using backend = new TestBackend(reception.conduct);
      await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
      using client = await SocketEnd.connect(weir.port);
      const served = await reception.next();
      await served.send("bye");
      await served.finish();
      assertEquals(await client.readAllText(), "bye");
      const late = seededBytes(1, MEBIBYTE);
      await Promise.all([client.send(late).then(() => client.finish()), expectAll(served, late)]);
      const [record] = await weir.finish();
      assertEquals(record?.close_code, "--");
      assertEquals([record?.bytes_in, record?.bytes_out], [late.length, 3]);
    },
  },
  {
    name: "keeps one direction going at full size after the other has ended, both ways round",
    async run(engine) {
      const bulk = seededBytes(2, 8 * MEBIBYTE);
      for (const first of ["client", "backend"]) {
        const reception = new Reception();
        await using backend = new TestBackend(reception.conduct);
        await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
        using client = await SocketEnd.connect(weir.port);
        const served = await reception.next();
        const [early, lasting] = first === "client" ? [client, served] : [served, client];
        await early.send("short");
        await early.finish();
        assertEquals(await lasting.readAllText(), "short");
        await Promise.all([
          lasting.send(bulk).then(() => lasting.finish()),
          expectAll(early, bulk),
        ]);
        assertEquals((await weir.finish())[0]?.close_code, "--");
      }
    },
  },
  {
    name: "carries 64 MiB each way at once, unchanged",
    async run(engine) {
      const up = seededBytes(3, 64 * MEBIBYTE);
      const down = seededBytes(4, 64 * MEBIBYTE);
      const reception = new Reception();
      await using backend = new TestBackend(reception.conduct);
      await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
      using client = await SocketEnd.connect(weir.port);
      const served = await reception.next();
      await Promise.all([
        client.send(up).then(() => client.finish()),
        served.send(down).then(() => served.finish()),
        expectAll(served, up),
        expectAll(client, down),
      ]);
      const [record] = await weir.finish();
      assertEquals([record?.bytes_in, record?.bytes_out], [up.length, down.length]);
    },
  },
  {
    name: "carries 1 MiB in writes of 1 byte, unchanged",
    async run(engine) {
      const bytes = seededBytes(5, MEBIBYTE);
      await using backend = new TestBackend(summarise);
      await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
      using client = await SocketEnd.connect(weir.port);
      await client.send(bytes, 1);
      await client.finish();
      assertEquals(await client.readAllText(), `${bytes.length} ${sha256(bytes)}`);
      await weir.finish();
    },
  },
  {
    name: "stops reading from the backend while the client does not read, and goes on after",
    async run(engine) {
      const reception = new Reception();
      await using backend = new TestBackend(reception.conduct);
      await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
      using client = await SocketEnd.connect(weir.port);
      await checkBackPressure(await reception.next(), client);
      await client.finish();
      assertEquals((await weir.finish())[0]?.bytes_out, MORE_THAN_BUFFERS);
    },
  },
  {
    name: "stops reading from the client while the backend does not read, and goes on after",
    async run(engine) {
      const reception = new Reception();
      await using backend = new TestBackend(reception.conduct);
      await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
      using client = await SocketEnd.connect(weir.port);
      const served = await reception.next();
      await checkBackPressure(client, served);
      await served.finish();
      assertEquals((await weir.finish())[0]?.bytes_in, MORE_THAN_BUFFERS);
    },
  },
  {
    name: "serves others while one client does not read",
    async run(engine) {
      await using backend = new TestBackend(async (end, index) => {
        if (index === 0) await end.send(seededBytes(6, MORE_THAN_BUFFERS));
        else await echo(end);
      });
      const options = { workers: 1 };
      await using weir = await RunningWeir.start(engine, { backends: [backend.name], options });
      using stuck = await SocketEnd.connect(weir.port);
      await stuck.read(1);
      for (let i = 0; i < 20; i++) {
        using client = await SocketEnd.connect(weir.port);
        await client.ping();
      }
      stuck.close();
      const records = await weir.finish();
      assertEquals(records.map((record) => record.close_code).sort().at(-1), "CD");
    },
  },
  {
    name: "lets the backend speak first",
    async run(engine) {
      await using backend = new TestBackend(async (end) => {
        await end.send("220 ready");
        await echo(end);
      });
      await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
      using client = await SocketEnd.connect(weir.port);
      assertEquals(await client.readText(9), "220 ready");
      await client.ping();
      client.close();
      assertEquals((await weir.finish())[0]?.close_code, "--");
    },
  },
  {
    name: "delivers what was sent right before a close, both ways",
    async run(engine) {
      const bytes = seededBytes(7, 4 * MEBIBYTE);
      const reception = new Reception();
      await using upward = new TestBackend(reception.conduct);
      await using downward = new TestBackend(sayAndClose(bytes));
      const backends = [upward.name, downward.name];
      const options = { algorithm: "round_robin" };
      await using weir = await RunningWeir.start(engine, { backends, options });

      using sender = await SocketEnd.connect(weir.port);
      const served = await reception.next();
      const reading = expectAll(served, bytes);
      await sender.send(bytes);
      sender.close();
      await reading;
      served.close();

      using receiver = await SocketEnd.connect(weir.port);
      // Nothing is read until the backend has closed, as far as buffers allow.
      await standstill(() => downward.open, 2);
      await expectAll(receiver, bytes);
      receiver.close();
      assertEquals((await weir.finish()).map((record) => record.close_code), ["--", "--"]);
    },
  },
  {
    name: "carries bytes with the smallest buffer",
    async run(engine) {
      const bytes = seededBytes(8, MEBIBYTE);
      await using backend = new TestBackend(summarise);
      const options = { buffer_size: 512 };
      await using weir = await RunningWeir.start(engine, { backends: [backend.name], options });
      using client = await SocketEnd.connect(weir.port);
      await client.send(bytes);
      await client.finish();
      assertEquals(await client.readAllText(), `${bytes.length} ${sha256(bytes)}`);
      await weir.finish();
    },
  },
  {
    name: "listens on IPv6 and reaches a backend there",
    async run(engine) {
      await using backend = new TestBackend(echo, { hostname: "::1" });
      await using weir = await RunningWeir.start(engine, {
        backends: [backend.name],
        hostname: "::1",
      });
      using client = await SocketEnd.connect(weir.port, "::1");
      await client.ping();
      const { port } = client;
      client.close();
      const [record] = await weir.finish();
      assertEquals([record?.client, record?.backend], [`[::1]:${port}`, backend.name]);
    },
  },
];

async function expectAll(end: SocketEnd, bytes: Uint8Array): Promise<void> {
  assertEquals(await end.readAll(), {
    length: bytes.length,
    sha256: sha256(bytes),
    ending: "end",
  });
}

/** Sends more than the buffers on the way hold, to a side that reads only once nothing moves. */
async function checkBackPressure(sender: SocketEnd, receiver: SocketEnd): Promise<void> {
  const bytes = seededBytes(9, MORE_THAN_BUFFERS);
  const sending = sender.send(bytes).then(() => sender.finish());
  assertLess(await standstill(() => sender.sentBytes), HELD_BACK);
  await expectAll(receiver, bytes);
  await sending;
}
