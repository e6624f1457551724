import { assertEquals } from "@std/assert";
import { Lingering } from "../../../../lib/engine/streams/lingering.ts";
import { BufferShelves } from "../../../../lib/engine/streams/read_buffer.ts";
import { Relay } from "../../../../lib/engine/streams/relay.ts";
import { within } from "../../../support/patience.ts";
import { permittedTest } from "../../../support/permitted.ts";
import { ResettableEnd } from "../../../support/resettable_end.ts";

const QUESTION = new TextEncoder().encode("question");
const shelves = new BufferShelves(16 * 1024);

/** A relay whose client has sent something and has then reset its connection. */
class Rig {
  readonly backend: ResettableEnd;
  readonly over: Promise<void>;

  private constructor(backend: ResettableEnd, over: Promise<void>) {
    this.backend = backend;
    this.over = over;
  }

  static async open(lingering: Lingering, untilMs: number): Promise<Rig> {
    const [client, clientConn] = await connected();
    const [backend, backendConn] = await connected();
    const left = Promise.withResolvers<void>();
    const relay: Relay = new Relay(clientConn, backendConn, shelves, {
      relayOver: () => {
        relay.leave();
        lingering.add(relay, untilMs);
        left.resolve();
      },
    });
    const over = relay.run().then(() => lingering.remove(relay));
    await client.send(QUESTION);
    await backend.receivedAtLeast(QUESTION.length);
    await client.reset();
    await within("the reset", left.promise);
    assertEquals(await within("the backend's end", backend.ended), "end");
    return new Rig(backend, over);
  }

  async isOver(): Promise<void> {
    await within("the relay's end", this.over);
    await this.backend.close();
  }
}

async function connected(): Promise<[ResettableEnd, Deno.TcpConn]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return await Promise.all([ResettableEnd.connect(listener.addr.port), listener.accept()]);
}

permittedTest(["net"], "Lingering lasts until the remaining side has ended, too", async () => {
  const lingering = new Lingering();
  const rig = await Rig.open(lingering, Infinity);
  // If the connection were closed, this would be answered with a reset.
  assertEquals(await rig.backend.send(QUESTION), true);
  assertEquals(lingering.size, 1);
  await rig.backend.finish();
  await rig.isOver();
  assertEquals(lingering.size, 0);
  lingering.closeAll();
});

permittedTest(["net"], "Lingering lasts no longer than its deadline", async () => {
  const lingering = new Lingering();
  const rig = await Rig.open(lingering, performance.now());
  await rig.isOver();
  assertEquals(lingering.size, 0);
});

permittedTest(
  ["net"],
  "Lingering closes the one that came first where there are too many",
  async () => {
    const lingering = new Lingering(1);
    const first = await Rig.open(lingering, Infinity);
    const second = await Rig.open(lingering, Infinity);
    await first.isOver();
    assertEquals(lingering.size, 1);
    lingering.closeAll();
    await second.isOver();
  },
);

permittedTest(["net"], "Lingering is over for a side that sends on and on", async () => {
  const lingering = new Lingering();
  const rig = await Rig.open(lingering, Infinity);
  // More than all buffers on the way hold.
  assertEquals(await within("the refusal", rig.backend.send(new Uint8Array(160_000_000))), false);
  await rig.isOver();
  lingering.closeAll();
});
