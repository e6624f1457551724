import { assert, assertEquals } from "@std/assert";
import {
  resumeHandshakes,
  stopHandshakes,
} from "../../../../../lib/engine/native/libc/handshake_filter.ts";
import { openLibc } from "../../../../../lib/engine/native/libc/libc.ts";
import { nativeTest } from "../../../../support/native_test.ts";
import { pause, within } from "../../../../support/patience.ts";
import { QuietableListener } from "../../../../support/quietable_listener.ts";
import { SocketEnd } from "../../../../support/socket_end.ts";

/** Far longer than a handshake on loopback, and shorter than the second after which one is repeated. */
const NO_ANSWER_MS = 300;
/** More than one packet, so that a filter that cuts packets short would be seen. */
const BYTES = 1 << 20;

nativeTest(
  ["net", "read"],
  "stopHandshakes() lets those in who wait, and nobody else",
  async () => {
    const listener = QuietableListener.open(0);
    using waiting = await SocketEnd.connect(listener.port);
    const closing = listener.close();
    let isAnswered = false;
    const late = SocketEnd.connect(listener.port).then(
      (end) => end[Symbol.dispose](),
      (error) => assert(error instanceof Deno.errors.ConnectionRefused, String(error)),
    ).then(() => isAnswered = true);
    const accepted = await listener.connections().next();
    assert(accepted.done !== true);
    await pause(NO_ANSWER_MS);
    assert(!isAnswered);
    await closing;
    const sent = new Uint8Array(BYTES).map((_, index) => index % 251);
    const sending = waiting.send(sent).then(() => waiting.finish());
    const received = new Uint8Array(await new Response(accepted.value.readable).arrayBuffer());
    await sending;
    assertEquals(received, sent);
    // Its second attempt finds the port closed.
    await within("the late client to be refused", late);
  },
);

nativeTest([], "stopHandshakes() tells where there is no socket to filter", () => {
  assertEquals(stopHandshakes(openLibc(), -1), false);
});

nativeTest(["net", "read"], "resumeHandshakes() lets those in too who were kept out", async () => {
  const libc = openLibc();
  const listener = QuietableListener.open(0);
  const { descriptor } = listener;
  assertEquals(stopHandshakes(libc, descriptor), true);
  const late = SocketEnd.connect(listener.port);
  await pause(NO_ANSWER_MS);
  assertEquals(resumeHandshakes(libc, descriptor), true);
  assertEquals(resumeHandshakes(libc, descriptor), true, "also where there is no filter");
  using client = await within("the late client to be let in", late);
  const { value: accepted } = await listener.connections().next();
  accepted?.close();
  assertEquals(await client.readAllText(), "");
  await listener.close();
});

nativeTest([], "resumeHandshakes() tells where there is no socket", () => {
  assertEquals(resumeHandshakes(openLibc(), -1), false);
});
