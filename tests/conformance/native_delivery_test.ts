/** What only the native engine can do for bytes in flight: see what the kernel still holds. */
import { assertEquals } from "@std/assert";
import { listenOnly, sayAndClose } from "../support/conducts.ts";
import type { EngineUnderTest } from "../support/engines_under_test.ts";
import { ENGINES_UNDER_TEST } from "../support/engines_under_test.ts";
import { nativeTest } from "../support/native_test.ts";
import { pause, within } from "../support/patience.ts";
import { RawEnd, RawListener, sumOf } from "../support/raw_end.ts";
import { RunningWeir } from "../support/running_weir.ts";
import { SocketEnd } from "../support/socket_end.ts";
import { TestBackend } from "../support/test_backend.ts";
import { seededBytes } from "../support/test_bytes.ts";

const native = ENGINES_UNDER_TEST.find(({ name }) => name === "native") as EngineUnderTest;
const BULK = seededBytes(60, 6_000_000);
const BULK_SUM = sumOf(BULK);
const SMALL_BUFFER = 16 * 1024;
/** On the loopback interface: a buffer that holds less is reported full until it is empty. */
const LARGEST_SEGMENT = 64 * 1024;

nativeTest(["all"], "native does not take a slow reader for an idle one", async () => {
  await using backend = new TestBackend(sayAndClose(BULK));
  await using weir = await RunningWeir.start(native, {
    backends: [backend.name],
    options: { idle_timeout: "1500ms", half_close_timeout: "1500ms" },
  });
  using client = RawEnd.connect(weir.port, 2 * LARGEST_SEGMENT);
  // Too slow to make room in Weir's own queue within the timeouts. The kernel reports progress in
  // steps of some segments, which here take a third of them.
  for (let round = 0; round < 50; round++) {
    await client.read(LARGEST_SEGMENT);
    await pause(100);
  }
  await within("all bytes", client.read(Infinity));
  assertEquals([client.receivedBytes, client.sum], [BULK.length, BULK_SUM]);
  const [record] = await weir.records(1);
  // Neither of them closes its own direction of its own accord: the client's is cut in the end.
  assertEquals(record?.bytes_out, BULK.length);
  await weir.drain();
});

nativeTest(
  ["all"],
  "native cuts a reader that has stopped, for all that is in its queue",
  async () => {
    await using backend = new TestBackend(sayAndClose(BULK));
    await using weir = await RunningWeir.start(native, {
      backends: [backend.name],
      options: { idle_timeout: "400ms", half_close_timeout: "400ms" },
    });
    using client = RawEnd.connect(weir.port, SMALL_BUFFER);
    await client.read(100_000);
    const [record] = await weir.records(1);
    assertEquals(record?.close_code, "cD");
    await within("the reset", client.read(Infinity));
    assertEquals(client.ending, "reset");
    await weir.drain();
  },
);

nativeTest(
  ["all"],
  "native delivers what a backend has said that is gone before it could be told of the client",
  async () => {
    using listener = new RawListener();
    await using weir = await RunningWeir.start(native, {
      backends: [`127.0.0.1:${listener.port}`],
      options: { proxy_protocol: "v1", workers: 1 },
    });
    const greeting = new TextEncoder().encode("220 hello\r\n");
    // Which of the two comes first, the reset or the header, is for the kernel to say.
    for (let round = 0; round < 40; round++) {
      using client = RawEnd.connect(weir.port);
      listener.acceptBusily().sayAndReset(greeting);
      await within("the end", client.read(Infinity));
      assertEquals([client.receivedBytes, client.ending], [greeting.length, "reset"]);
      client.close();
    }
    await weir.drain();
  },
);

nativeTest(["all"], "native resets both sides of a session that it cuts", async () => {
  await using backend = new TestBackend(listenOnly);
  await using weir = await RunningWeir.start(native, {
    backends: [backend.name],
    options: { session_timeout: "300ms" },
  });
  using client = await SocketEnd.connect(weir.port);
  await client.send("a request");
  assertEquals((await within("the end", client.readAll())).ending, "reset");
  const [record] = await weir.finish();
  assertEquals(record?.bytes_in, "a request".length);
});
