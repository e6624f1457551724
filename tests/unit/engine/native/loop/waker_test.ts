import { assertEquals } from "@std/assert";
import { ERRNO } from "../../../../../lib/engine/native/libc/errno.ts";
import { openLibc } from "../../../../../lib/engine/native/libc/libc.ts";
import { EpollLoop } from "../../../../../lib/engine/native/loop/epoll_loop.ts";
import { Waker, WakeSource } from "../../../../../lib/engine/native/loop/waker.ts";
import { WorkerCell } from "../../../../../lib/state/worker_counters.ts";
import { SharedState } from "../../../../../lib/state/shared_state.ts";
import { nativeTest } from "../../../../support/native_test.ts";

nativeTest([], "Waker wakes a loop that sleeps, and tells how many messages came", () => {
  const libc = openLibc();
  const waker = new Waker(libc, SharedState.create(1), 0);
  const loop = new EpollLoop(libc);
  const source = new WakeSource(libc, loop, waker.descriptor);
  for (let i = 0; i < 3; i++) waker.wake();
  loop.run(60_000, 60_000);
  assertEquals([source.posted, source.ended], [3, false]);
  waker.wake();
  loop.run(60_000, 60_000);
  assertEquals(source.posted, 4);
  loop.close();
  waker.release();
});

nativeTest(
  [],
  "Waker.end() closes the eventfd once the worker has closed everything",
  () => {
    const libc = openLibc();
    const state = SharedState.create(2);
    const waker = new Waker(libc, state, 1);
    const { descriptor } = waker;
    const loop = new EpollLoop(libc);
    const source = new WakeSource(libc, loop, descriptor);
    // The worker is this very thread here, which cannot wait for itself: it has closed everything.
    state.notifyWorkerCell(1, WorkerCell.closed, 1);
    waker.end();
    assertEquals(libc.close(descriptor), -1);
    assertEquals(libc.errno(), ERRNO.EBADF);
    waker.wake();
    waker.release();
    assertEquals(source.ended, false);
    loop.close();
  },
);

nativeTest(
  [],
  "Waker.end() leaves the eventfd alone where the worker does not answer",
  () => {
    const libc = openLibc();
    const waker = new Waker(libc, SharedState.create(1), 0);
    const { descriptor } = waker;
    const loop = new EpollLoop(libc);
    const source = new WakeSource(libc, loop, descriptor);
    waker.end();
    waker.end();
    waker.release();
    loop.run(60_000, 60_000);
    assertEquals([source.posted, source.ended], [0, true]);
    assertEquals(libc.close(descriptor), 0);
    loop.close();
  },
);
