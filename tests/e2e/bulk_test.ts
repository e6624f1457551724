/** Bulk data arrives unchanged, and uses hardly any memory. */
import { assertEquals, assertLess } from "@std/assert";
import { ENGINES } from "../support/both_engines.ts";
import { Reception } from "../support/conducts.ts";
import { freePort } from "../support/free_ports.ts";
import { howMany } from "../support/long_tests.ts";
import { within } from "../support/patience.ts";
import { permittedTest } from "../support/permitted.ts";
import { residentBytes } from "../support/process_figures.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { Digest, seededBytes, sha256 } from "../support/test_bytes.ts";
import { testConfig } from "../support/test_config.ts";
import { WeirProcess } from "../support/weir_process.ts";

const NEEDS = ["all"] as const;
/** A probe must not be taken for the client. */
const UNPROBED = { health_check: "off" };
const MEBIBYTE = 1024 * 1024;
/** Each way. In long tests, more than 32 bits can count. */
const BULK_MEBIBYTES = howMany(256, 5 * 1024);
const PATIENCE_MS = howMany(120_000, 1_200_000);
const WARM_UP_MEBIBYTES = howMany(128, 1024);
/** How much memory may grow, whatever is sent: the engine's own noise. */
const NOISE_BYTES = 32 * MEBIBYTE;

/** A session through Weir, from both ends. */
interface Session {
  readonly client: SocketEnd;
  readonly served: SocketEnd;
  readonly weir: WeirProcess;
}

async function withSession(
  engine: string,
  run: (session: Session) => Promise<void>,
): Promise<void> {
  const reception = new Reception();
  await using backend = new TestBackend(reception.conduct);
  const port = freePort();
  const config = testConfig({ port, backends: [backend.name], options: { ...UNPROBED, engine } });
  await using weir = await WeirProcess.start(config);
  using client = await SocketEnd.connect(port);
  await run({ client, served: await reception.next(), weir });
  assertEquals((await weir.stop()).code, 0);
}

for (const engine of ENGINES) {
  permittedTest(
    NEEDS,
    `${engine}: ${BULK_MEBIBYTES} MiB each way at once arrive unchanged, and memory stays flat`,
    () =>
      withSession(engine, async ({ client, served, weir }) => {
        await exchange(client, served, WARM_UP_MEBIBYTES);
        const before = residentBytes(weir.pid);
        await within("the bulk data", exchange(client, served, BULK_MEBIBYTES), PATIENCE_MS);
        assertLess(residentBytes(weir.pid) - before, NOISE_BYTES);
        await Promise.all([client.finish(), served.finish()]);
      }),
  );

  permittedTest(
    NEEDS,
    `${engine}: 1 MiB in writes of 1 byte arrives unchanged`,
    () =>
      withSession(engine, async ({ client, served }) => {
        const bytes = seededBytes(7, MEBIBYTE);
        const expected = { length: bytes.length, sha256: sha256(bytes), ending: "end" } as const;
        await Promise.all([
          client.send(bytes, 1).then(() => client.finish()),
          served.readAll().then((received) => assertEquals(received, expected)),
        ]);
        await served.finish();
      }),
  );
}

/** Sends this much in both directions at once, and checks what arrives. */
async function exchange(client: SocketEnd, served: SocketEnd, mebibytes: number): Promise<void> {
  await Promise.all([
    transfer(client, served, mebibytes, 1),
    transfer(served, client, mebibytes, 2),
  ]);
}

async function transfer(
  from: SocketEnd,
  to: SocketEnd,
  mebibytes: number,
  seed: number,
): Promise<void> {
  const sent = new Digest();
  const received = new Digest();
  async function send(): Promise<void> {
    for (let i = 0; i < mebibytes; i++) {
      const bytes = seededBytes(seed + 2 * i, MEBIBYTE);
      sent.update(bytes);
      await from.send(bytes);
    }
  }
  async function receive(): Promise<void> {
    while (received.length < mebibytes * MEBIBYTE) {
      const bytes = await to.readSome();
      if (bytes === undefined) throw new Error(`The end came after ${received.length} bytes`);
      received.update(bytes);
    }
  }
  await Promise.all([send(), receive()]);
  assertEquals([received.length, received.hex()], [sent.length, sent.hex()]);
}
