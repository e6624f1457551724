/**
 * Either side resets the connection, in every phase: the other side notices, and the log records
 * it.
 */
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { eventually, within } from "../../support/patience.ts";
import { ResettableBackend, ResettableEnd } from "../../support/resettable_end.ts";
import { RunningWeir } from "../../support/running_weir.ts";
import { seededBytes } from "../../support/test_bytes.ts";
import type { EngineCase } from "./engine_case.ts";

const BULK = seededBytes(30, 32 * 1024 * 1024);
const SOME_BYTES = 100_000;

/** A moment in the life of a session, seen from the side that is about to reset it. */
interface Moment {
  /** Whether the session may have ended regularly by then. */
  readonly mayBeOver?: true;
  readonly name: string;
  /** Brings the session there. */
  reach(breaking: ResettableEnd, other: ResettableEnd): Promise<void>;
}

const MOMENTS: readonly Moment[] = [
  { name: "before a byte was sent", reach: () => Promise.resolve() },
  {
    name: "after it has sent something",
    async reach(breaking, other) {
      await breaking.send(BULK.subarray(0, SOME_BYTES));
      await other.receivedAtLeast(SOME_BYTES);
    },
  },
  {
    name: "after it has received something",
    async reach(breaking, other) {
      await other.send(BULK.subarray(0, SOME_BYTES));
      await breaking.receivedAtLeast(SOME_BYTES);
    },
  },
  {
    name: "while it sends",
    async reach(breaking, other) {
      void breaking.send(BULK);
      await other.receivedAtLeast(SOME_BYTES);
    },
  },
  {
    name: "while it sends and nobody reads",
    async reach(breaking, other) {
      other.pause();
      // The first bytes have gone through all buffers by the time the last are taken from here.
      await breaking.send(BULK.subarray(0, SOME_BYTES));
      void breaking.send(BULK);
    },
  },
  {
    name: "while it receives",
    async reach(breaking, other) {
      void other.send(BULK);
      await breaking.receivedAtLeast(SOME_BYTES);
    },
  },
  {
    name: "while both send",
    async reach(breaking, other) {
      void other.send(BULK);
      void breaking.send(BULK);
      await Promise.all([
        breaking.receivedAtLeast(SOME_BYTES),
        other.receivedAtLeast(SOME_BYTES),
      ]);
    },
  },
  {
    name: "after its own half-close, while it receives",
    mayBeOver: true,
    async reach(breaking, other) {
      await breaking.finish();
      assertEquals(await other.ended, "end");
      void other.send(BULK);
      await breaking.receivedAtLeast(SOME_BYTES);
    },
  },
  {
    name: "after the other's half-close",
    async reach(breaking, other) {
      await other.finish();
      assertEquals(await breaking.ended, "end");
    },
  },
];

const BY_MOMENT: readonly EngineCase[] = MOMENTS.flatMap((moment) =>
  (["client", "backend"] as const).map((side) => ({
    name: `ends the session when the ${side} resets it ${moment.name}`,
    async run(engine) {
      const arrived = Promise.withResolvers<ResettableEnd>();
      const over = Promise.withResolvers<void>();
      await using backend = await ResettableBackend.open((end) => {
        arrived.resolve(end);
        return over.promise;
      });
      await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
      const client = await ResettableEnd.connect(weir.port);
      const served = await within("the backend's connection", arrived.promise);
      // Before that, a reset would be one of the connection attempt.
      await eventually("the backend is connected", () => weir.books.sessions === 1);
      const [breaking, other] = side === "client" ? [client, served] : [served, client];

      await within("the moment", moment.reach(breaking, other));
      await breaking.reset();
      // What the other side has not read yet is delivered before the session ends.
      other.resume();
      const [record] = await weir.records(1);
      // Deno's node:net ends a connection by itself some time after the other side has half-closed
      // it. Where that comes before the reset, both directions have ended in order.
      if (!(moment.mayBeOver && record?.ended_by === "done")) {
        assertEquals(record?.ended_by, side);
        assertEquals(record?.close_code, side === "client" ? "CD" : "SD");
        assertEquals(record?.phase, "relay");
      }

      // The other side notices: it sees an end or a reset, and only bytes that were sent.
      await within("the other side's end", other.ended);
      const received = other.received();
      assertLessOrEqual(received.length, SOME_BYTES + BULK.length);
      assertEquals(firstDifference(received, moment), -1);
      await other.close();
      over.resolve();
      await weir.finish();
    },
  }))
);

const AT_ONCE: EngineCase = {
  name: "survives a backend that resets every connection at once",
  async run(engine) {
    await using backend = await ResettableBackend.open((end) => end.reset());
    await using weir = await RunningWeir.start(engine, { backends: [backend.name] });
    const sessions = 50;
    for (let i = 0; i < sessions; i++) {
      // A reset may be passed on before the client has seen that it was connected.
      const client = await ResettableEnd.connect(weir.port).catch((error) => {
        assertEquals(error.code, "ECONNRESET");
      });
      if (client === undefined) continue;
      await within("the client's end", client.ended);
      await client.close();
    }
    for (const record of await weir.records(sessions)) {
      // The reset may come before or after connecting has been found to have succeeded.
      assert(["SC", "SD"].includes(record.close_code), record.reason);
    }
    await weir.finish();
  },
};

export const RESET_CASES: readonly EngineCase[] = [...BY_MOMENT, AT_ONCE];

/** Where the received bytes first differ from the sent ones; -1 if they do not. */
function firstDifference(received: Uint8Array, { name }: Moment): number {
  const skipped = name === "while it sends and nobody reads" ? SOME_BYTES : 0;
  return received.findIndex((byte, at) => {
    const from = at < skipped ? at : at - skipped;
    return byte !== BULK[from];
  });
}
