/** What was acknowledged is delivered, even if its sender resets the connection right after. */
import { assertEquals } from "@std/assert";
import { nativeObstacle } from "../../support/native_test.ts";
import { pause, within } from "../../support/patience.ts";
import { RawEnd, RawListener, sumOf } from "../../support/raw_end.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { seededBytes } from "../../support/test_bytes.ts";
import type { EngineCase } from "./engine_case.ts";

/** So little that everything but this waits with Weir, on either side of it. */
const RECEIVE_BYTES = 128 * 1024;
/** About 3 MB a second. */
const READ_BYTES = 64 * 1024;
const READ_EVERY_MS = 20;
/** Closed with these unread, a connection is reset. */
const UNREAD = new Uint8Array(10);

/** One that is copied, and one that is large enough to be spliced by an engine that does so. */
const SIZES = [300_000, 6_000_000] as const;

const DELIVERED: readonly EngineCase[] = SIZES.flatMap((size) =>
  (["client", "backend"] as const).map((sender): EngineCase => ({
    name: `delivers ${size} bytes to a slow reader after the ${sender} has reset the connection`,
    needs: ["all"],
    async run(engine) {
      const bytes = seededBytes(70, size);
      using listener = new RawListener(RECEIVE_BYTES);
      await using weir = await RunningWeir.start(engine, {
        backends: [`127.0.0.1:${listener.port}`],
      });
      using client = RawEnd.connect(weir.port, RECEIVE_BYTES);
      using backend = await within("the backend's connection", listener.accept());
      const [from, to] = sender === "client" ? [client, backend] : [backend, client];
      await to.send(UNREAD);
      await within("what is left unread", from.hasUnread());

      const sent = from.send(bytes).then(() => from.acknowledged()).then(() => from.close());
      const read = readSlowly(to);
      await within("all bytes to be acknowledged", sent);
      await within("the end", read);
      assertEquals([to.receivedBytes, to.sum], [size, sumOf(bytes)]);
      // Deno's sockets cannot be reset.
      assertEquals(to.ending, engine.name === "native" ? "reset" : "end");
      to.close();

      const [record] = await weir.finish();
      assertEquals(record?.ended_by, sender);
      const moved = [record?.bytes_in, record?.bytes_out];
      const expected = [size, UNREAD.length];
      assertEquals(moved, sender === "client" ? expected : expected.reverse());
    },
  }))
);

/** Only the C library tells what was acknowledged. */
export const ACKNOWLEDGED_CASES: readonly EngineCase[] = nativeObstacle === undefined
  ? DELIVERED
  : [];

async function readSlowly(end: RawEnd): Promise<void> {
  while (end.ending === undefined) {
    await end.read(READ_BYTES);
    await pause(READ_EVERY_MS);
  }
}
