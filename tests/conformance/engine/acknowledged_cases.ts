/** What was acknowledged is delivered, even if the sender resets the connection right after. */
import { assertEquals } from "@std/assert";
import type { Side } from "../../../lib/engine/session_life.ts";
import { Reception } from "../../support/conducts.ts";
import { pause, within } from "../../support/patience.ts";
import { RawEnd, RawListener } from "../../support/raw_end.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { type Ending, isReset, SocketEnd } from "../../support/socket_end.ts";
import { TestBackend } from "../../support/test_backend.ts";
import { Digest, seededBytes, sha256 } from "../../support/test_bytes.ts";
import type { EngineUnderTest } from "../../support/engines_under_test.ts";
import type { EngineCase } from "./engine_case.ts";

/** Too little to be spliced, and too much for Weir's buffers or the reader's to hold. */
const SIZES = { "300 kB": seededBytes(70, 300_000), "6 MB": seededBytes(71, 6_000_000) };
/** A reader that takes 3 MB/s. */
const READ_BYTES = 30_000;
const READ_MS = 10;

/** Whether the reader goes on sending, though its bytes are no longer read. */
const READERS = [
  { how: "", sizes: ["300 kB", "6 MB"], isTalking: false },
  { how: ", to a reader that sends on", sizes: ["6 MB"], isTalking: true },
] as const;

export const ACKNOWLEDGED_CASES: readonly EngineCase[] = READERS.flatMap((reader) =>
  reader.sizes.flatMap((size) =>
    (["client", "backend"] as const).map((side): EngineCase => ({
      name: `delivers ${size} that were acknowledged to a ${side} before it resets${reader.how}`,
      needs: ["ffi"],
      run: (engine) => checkDelivery(engine, side, SIZES[size], reader.isTalking),
    }))
  )
);

async function checkDelivery(
  engine: EngineUnderTest,
  side: Side,
  bytes: Uint8Array<ArrayBuffer>,
  isTalking: boolean,
): Promise<void> {
  const reception = new Reception();
  await using ordinary = new TestBackend(reception.conduct);
  using breaking = new RawListener();
  const backend = side === "client" ? ordinary.port : breaking.port;
  await using weir = await RunningWeir.start(engine, { backends: [`127.0.0.1:${backend}`] });
  const [sender, reader] = side === "client"
    ? [RawEnd.connect(weir.port), await reception.next()]
    : await connectReader(weir.port, breaking);
  using _ = sender;
  await reader.send("never read");
  const reading = readSlowly(reader);
  await within("all bytes to be taken", sender.send(bytes));
  await within("all bytes to be acknowledged", sender.acknowledged());
  // Closing with unread input resets the connection.
  await within("what is left unread", sender.hasUnread());
  sender.close();
  const over = new AbortController();
  const talking = isTalking ? talk(reader, over.signal) : undefined;
  const received = await within("the reader's end", reading);
  over.abort();
  assertEquals([received.length, received.sha256], [bytes.length, sha256(bytes)]);
  // The kernel reports a reset once, to the first read or write.
  const ending = await talking === "reset" ? "reset" : received.ending;
  // Deno's sockets cannot reset a connection.
  assertEquals(ending, engine.name === "native" ? "reset" : "end");
  reader.close();
  const [record] = await weir.finish();
  assertEquals(record?.close_code, side === "client" ? "CD" : "SD");
  const [up, down] = [record?.bytes_in, record?.bytes_out];
  assertEquals(side === "client" ? up : down, bytes.length);
}

async function connectReader(
  port: number,
  backend: RawListener,
): Promise<[RawEnd, SocketEnd]> {
  const reader = await SocketEnd.connect(port);
  return [await backend.accept(), reader];
}

async function readSlowly(reader: SocketEnd) {
  const digest = new Digest();
  let ending = "end";
  try {
    for (;;) {
      const some = await reader.readAtMost(READ_BYTES);
      if (some === undefined) break;
      digest.update(some);
      await pause(READ_MS);
    }
  } catch (error) {
    if (!isReset(error)) throw error;
    ending = "reset";
  }
  return { length: digest.length, sha256: digest.hex(), ending };
}

/** Sends a little now and then, and returns what it saw of the connection's end. */
async function talk(reader: SocketEnd, over: AbortSignal): Promise<Ending | undefined> {
  while (!over.aborted) {
    try {
      await reader.send("and so on");
    } catch (error) {
      if (!isReset(error)) throw error;
      return "reset";
    }
    await pause(READ_MS);
  }
  return undefined;
}
