/** Stalled downloads hold no more pipes than the limit, and lose nothing without one. */
// Runs alone: they hold most of the memory that the kernel has for TCP, and it resets others then.
import { assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { MOST_PIPES } from "../../lib/engine/native/sessions/pipe_pool.ts";
import { sayAndClose } from "../support/conducts.ts";
import type { EngineUnderTest } from "../support/engines_under_test.ts";
import { ENGINES_UNDER_TEST } from "../support/engines_under_test.ts";
import { nativeTest } from "../support/native_test.ts";
import { eventually, within } from "../support/patience.ts";
import { RawEnd, sumOf } from "../support/raw_end.ts";
import { RunningWeir } from "../support/running_weir.ts";
import { TestBackend } from "../support/test_backend.ts";
import { seededBytes } from "../support/test_bytes.ts";

const native = ENGINES_UNDER_TEST.find(({ name }) => name === "native") as EngineUnderTest;
const BULK = seededBytes(60, 6_000_000);
const BULK_SUM = sumOf(BULK);
const SMALL_BUFFER = 16 * 1024;

nativeTest(
  ["all"],
  `native keeps ${MOST_PIPES} pipes at most in a worker, and copies what stalls beyond`,
  async () => {
    await using backend = new TestBackend(sayAndClose(BULK));
    await using weir = await RunningWeir.start(native, {
      backends: [backend.name],
      options: { workers: 1 },
    });
    const before = countPipes();
    using clients = new DisposableStack();
    const stalled: RawEnd[] = [];
    for (let i = 0; i < MOST_PIPES + 20; i++) {
      const client = clients.use(RawEnd.connect(weir.port, SMALL_BUFFER));
      stalled.push(client);
      // Enough to be taken for bulk.
      await within("some bytes", client.read(400_000));
    }
    assertLessOrEqual(countPipes() - before, 2 * MOST_PIPES);
    assertGreater(countPipes() - before, MOST_PIPES);
    // Those without a pipe lose nothing.
    const last = stalled.at(-1) as RawEnd;
    await within("all bytes", last.read(BULK.length - last.receivedBytes));
    assertEquals([last.receivedBytes, last.sum], [BULK.length, BULK_SUM]);
    clients.dispose();
    await eventually("idle pipes alone are left", () => countPipes() - before <= 2 * 32);
    await weir.activeIs(0);
    await weir.drain();
    assertLessOrEqual(countPipes(), before);
  },
);

/** Descriptors of this process, workers included, that are one end of a pipe. */
function countPipes(): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith("pipe:")) count++;
    } catch {
      // It was closed meanwhile.
    }
  }
  return count;
}
