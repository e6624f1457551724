import { assertEquals, assertRejects } from "@std/assert";
import { WaitingClient } from "../../../../lib/engine/streams/waiting_client.ts";
import { within } from "../../../support/patience.ts";
import { permittedTest } from "../../../support/permitted.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Both ends of a connection, and a watch over one of them. */
class Rig implements Disposable {
  readonly far: Deno.TcpConn;
  readonly near: Deno.TcpConn;
  readonly client: WaitingClient;
  readonly #gone = Promise.withResolvers<void>();
  isGone = false;

  private constructor(far: Deno.TcpConn, near: Deno.TcpConn, abortOnClose: boolean) {
    this.far = far;
    this.near = near;
    this.client = new WaitingClient(near, 8, abortOnClose);
  }

  static async open(abortOnClose = false): Promise<Rig> {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const [far, near] = await Promise.all([
      Deno.connect({ port: listener.addr.port }),
      listener.accept(),
    ]);
    return new Rig(far, near, abortOnClose);
  }

  watch(): void {
    this.client.watch(() => {
      this.isGone = true;
      this.#gone.resolve();
    });
  }

  gone(): Promise<void> {
    return within("the client to be gone", this.#gone.promise);
  }

  async send(text: string): Promise<void> {
    await this.far.write(encoder.encode(text));
  }

  /** Reads text of this many bytes, as a relay does. */
  async read(length: number): Promise<string> {
    let text = "";
    const buffer = new Uint8Array(4);
    while (text.length < length) {
      const count = await within("bytes", this.client.read(buffer));
      if (count === null) break;
      text += decoder.decode(buffer.subarray(0, count));
    }
    return text;
  }

  [Symbol.dispose](): void {
    // Unlike `close`, it tolerates that a test has already closed one of them.
    this.far[Symbol.dispose]();
    this.near[Symbol.dispose]();
  }
}

permittedTest(["net"], "WaitingClient hears of an end without a word", async () => {
  using rig = await Rig.open();
  rig.watch();
  await rig.far.closeWrite();
  await rig.gone();
});

permittedTest(["net"], "WaitingClient hears of a client that had gone before", async () => {
  using rig = await Rig.open();
  rig.watch();
  rig.client.rest();
  await rig.far.closeWrite();
  assertEquals(await rig.client.read(new Uint8Array(1)), null);
  assertEquals(rig.isGone, false);
  rig.watch();
  assertEquals(rig.isGone, true);
});

for (const abortOnClose of [false, true]) {
  permittedTest(
    ["net"],
    `WaitingClient ${
      abortOnClose ? "lets" : "does not let"
    } a client go that has finished its question`,
    async () => {
      using rig = await Rig.open(abortOnClose);
      rig.watch();
      await rig.send("ask");
      await rig.far.closeWrite();
      if (abortOnClose) return await rig.gone();
      assertEquals(await rig.read(4), "ask");
      assertEquals(await rig.client.read(new Uint8Array(1)), null);
      assertEquals(rig.isGone, false);
    },
  );
}

permittedTest(
  ["net"],
  "WaitingClient brings what was kept, what is pending, and the rest",
  async () => {
    using rig = await Rig.open();
    rig.watch();
    await rig.send("kept");
    assertEquals(await rig.read(4), "kept");
    rig.client.rest();
    await rig.send("pending");
    assertEquals(await rig.read(7), "pending");
    await rig.send("the rest, which is longer than the buffer");
    assertEquals(await rig.read(41), "the rest, which is longer than the buffer");
  },
);

permittedTest(["net"], "WaitingClient reads no more than it has room for", async () => {
  using rig = await Rig.open();
  rig.watch();
  await rig.send("123456789");
  assertEquals(await rig.read(8), "12345678");
  assertEquals(await within("the rest", rig.near.read(new Uint8Array(8))), 1);
});

permittedTest(["net"], "WaitingClient passes on what a read has failed with", async () => {
  using rig = await Rig.open();
  rig.watch();
  rig.client.rest();
  rig.near.close();
  await assertRejects(() => rig.client.read(new Uint8Array(1)));
  assertEquals(rig.isGone, false);
});
