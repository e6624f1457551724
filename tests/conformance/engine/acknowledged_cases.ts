/** Acknowledged is delivered, also where the sender resets the connection right after. */
import { assertEquals } from "@std/assert";
import { Reception } from "../../support/conducts.ts";
import { BreakingBackend, BreakingSender } from "../../support/breaking_sender.ts";
import { freePort } from "../../support/free_ports.ts";
import { pause, within } from "../../support/patience.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { isReset, SocketEnd } from "../../support/socket_end.ts";
import { TestBackend } from "../../support/test_backend.ts";
import { Digest, seededBytes, sha256 } from "../../support/test_bytes.ts";
import type { EngineCase } from "./engine_case.ts";

/** Less than is spliced, and so much that neither Weir's buffers nor the reader's hold it. */
const SIZES = { "300 kB": seededBytes(70, 300_000), "6 MB": seededBytes(71, 6_000_000) };
/** A reader that takes 3 MB/s. */
const READ_BYTES = 30_000;
const READ_MS = 10;

export const ACKNOWLEDGED_CASES: readonly EngineCase[] = Object.entries(SIZES).flatMap(
  ([size, bytes]) =>
    (["client", "backend"] as const).map((side): EngineCase => ({
      name: `delivers ${size} that were acknowledged to a ${side} before it resets`,
      needs: ["ffi"],
      async run(engine) {
        const reception = new Reception();
        await using ordinary = new TestBackend(reception.conduct);
        using breaking = new BreakingBackend(freePort());
        const backend = side === "client" ? ordinary.port : breaking.port;
        await using weir = await RunningWeir.start(engine, { backends: [`127.0.0.1:${backend}`] });
        const [sender, reader] = side === "client"
          ? [BreakingSender.connect(weir.port), await reception.next()]
          : await connectReader(weir.port, breaking);
        using _ = sender;
        await reader.send("never read");
        const reading = readSlowly(reader);
        await sender.deliver(bytes);
        await sender.break();
        const received = await within("the reader's end", reading);
        // Deno's sockets cannot reset a connection.
        const ending = engine.name === "native" ? "reset" : "end";
        assertEquals(received, { length: bytes.length, sha256: sha256(bytes), ending });
        reader.close();
        const [record] = await weir.finish();
        assertEquals(record?.close_code, side === "client" ? "CD" : "SD");
        const [up, down] = [record?.bytes_in, record?.bytes_out];
        assertEquals(side === "client" ? up : down, bytes.length);
      },
    })),
);

async function connectReader(
  port: number,
  backend: BreakingBackend,
): Promise<[BreakingSender, SocketEnd]> {
  const reader = await SocketEnd.connect(port);
  return [await backend.next(), reader];
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
