import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EPOLLET,
  EPOLLIN,
} from "../../../../../lib/engine/native/libc/constants.ts";
import { type Libc, openLibc } from "../../../../../lib/engine/native/libc/libc.ts";
import { EpollLoop, type Watcher } from "../../../../../lib/engine/native/loop/epoll_loop.ts";
import { nativeTest } from "../../../../support/native_test.ts";

/** Records its notifications. */
class Recorder implements Watcher {
  readonly told: string[] = [];
  onReady: (() => void) | undefined;

  ready(descriptor: number): void {
    this.told.push(`ready ${descriptor}`);
    this.onReady?.();
  }

  due(descriptor: number): void {
    this.told.push(`due ${descriptor}`);
  }

  fail(error: unknown): void {
    this.told.push(`failed: ${(error as Error).message}`);
  }
}

/** A loop, and descriptors that can be made readable. */
class Bench implements Disposable {
  readonly libc: Libc = openLibc();
  readonly loop = new EpollLoop(this.libc);
  readonly #events: number[] = [];

  event(): number {
    const descriptor = this.libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    this.#events.push(descriptor);
    return descriptor;
  }

  raise(descriptor: number): void {
    this.libc.write(descriptor, BigUint64Array.of(1n), 8);
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.#events) this.libc.close(descriptor);
    this.loop.close();
  }
}

function loopTest(name: string, fn: (bench: Bench) => void | Promise<void>): void {
  nativeTest([], `EpollLoop ${name}`, async () => {
    using bench = new Bench();
    await fn(bench);
  });
}

loopTest("tells a watcher about its own descriptor", (bench) => {
  const { loop } = bench;
  const [one, other] = [bench.event(), bench.event()];
  const [recorder, silent] = [new Recorder(), new Recorder()];
  loop.watch(one, EPOLLIN | EPOLLET, recorder);
  loop.watch(other, EPOLLIN | EPOLLET, silent);
  bench.raise(one);
  loop.run(20, 20);
  assertEquals([recorder.told, silent.told], [[`ready ${one}`], []]);
});

loopTest("comes back when a turn was asked for", (bench) => {
  const { loop } = bench;
  const descriptor = bench.event();
  const recorder = new Recorder();
  recorder.onReady = () => loop.requestTurn();
  loop.watch(descriptor, EPOLLIN, recorder);
  bench.raise(descriptor);
  // If it were notified as long as it is readable, this run would never end.
  loop.run(60_000, 60_000);
  assertEquals(recorder.told, [`ready ${descriptor}`]);
});

loopTest("comes back soon after an event, though it may sleep long", (bench) => {
  const descriptor = bench.event();
  const recorder = new Recorder();
  bench.loop.watch(descriptor, EPOLLIN | EPOLLET, recorder);
  bench.raise(descriptor);
  bench.loop.run(60_000, 5);
  assertEquals(recorder.told, [`ready ${descriptor}`]);
});

loopTest("does not tell the next owner of a number what happened to the one before", (bench) => {
  const { loop } = bench;
  const descriptor = bench.event();
  const [before, after] = [new Recorder(), new Recorder()];
  loop.watch(descriptor, EPOLLIN | EPOLLET, before);
  loop.tellAgain(descriptor);
  loop.unwatch(descriptor);
  loop.watch(descriptor, 0, after);
  loop.run(5, 5);
  assertEquals([before.told, after.told], [[], []]);
});

loopTest("tells again those who ask for it, once for each time", (bench) => {
  const descriptor = bench.event();
  const recorder = new Recorder();
  bench.loop.watch(descriptor, 0, recorder);
  recorder.onReady = () => {
    if (recorder.told.length < 3) bench.loop.tellAgain(descriptor);
  };
  bench.loop.tellAgain(descriptor);
  bench.loop.run(5, 5);
  assertEquals(recorder.told.length, 3);
});

loopTest("tells again but once in a turn, however often it was asked", (bench) => {
  const { loop } = bench;
  const descriptor = bench.event();
  const recorder = new Recorder();
  loop.watch(descriptor, EPOLLIN, recorder);
  bench.raise(descriptor);
  const perTurn: number[] = [];
  for (let turn = 0; turn < 4; turn++) {
    recorder.told.length = 0;
    recorder.onReady = () => {
      // Notified by the event, by the request in the previous turn, or by both.
      loop.tellAgain(descriptor);
      loop.tellAgain(descriptor);
      loop.requestTurn();
    };
    loop.run(60_000, 60_000);
    perTurn.push(recorder.told.length);
  }
  assertEquals(perTurn, [1, 1, 1, 1]);
});

loopTest("forgets what the earlier owner of a number has asked for in this turn", (bench) => {
  const { loop } = bench;
  const descriptor = bench.event();
  const [before, after] = [new Recorder(), new Recorder()];
  loop.watch(descriptor, 0, before);
  loop.tellAgain(descriptor);
  loop.unwatch(descriptor);
  loop.watch(descriptor, 0, after);
  loop.tellAgain(descriptor);
  loop.run(5, 5);
  assertEquals([before.told, after.told], [[], [`ready ${descriptor}`]]);
});

loopTest("tells those who are to be last after all others of a turn", (bench) => {
  const { loop } = bench;
  const order: string[] = [];
  class Noter extends Recorder {
    constructor(readonly name: string, readonly isLast: boolean) {
      super();
      this.onReady = () => order.push(name);
    }
  }
  const last = bench.event();
  const others = [bench.event(), bench.event()];
  loop.watch(last, EPOLLIN | EPOLLET, new Noter("last", true));
  for (const other of others) loop.watch(other, EPOLLIN | EPOLLET, new Noter("other", false));
  bench.raise(last);
  for (const other of others) bench.raise(other);
  loop.run(5, 5);
  assertEquals(order, ["other", "other", "last"]);
});

loopTest("rings timers and alarms, and nothing that was stopped", async (bench) => {
  const { loop } = bench;
  const [one, other] = [bench.event(), bench.event()];
  const recorder = new Recorder();
  loop.watch(one, 0, recorder);
  loop.watch(other, 0, recorder);
  const nowMs = performance.now();
  loop.setTimer(one, nowMs + 5);
  loop.setTimer(other, nowMs + 5);
  loop.unwatch(other);
  let rung = 0;
  loop.stopAlarm(loop.setAlarm(5, () => rung += 100));
  loop.setAlarm(5, () => rung++);
  let isAwake = false;
  const sleeping = loop.sleep(10).then(() => isAwake = true);
  loop.run(60_000, 60_000);
  await sleeping;
  assert(isAwake);
  loop.run(30, 30);
  assertEquals([recorder.told, rung], [[`due ${one}`], 1]);
  assertGreaterOrEqual(performance.now() - nowMs, 10);
});

loopTest("lets a watcher hear of its own errors and goes on", (bench) => {
  const { loop } = bench;
  const [one, other] = [bench.event(), bench.event()];
  const [faulty, sound] = [new Recorder(), new Recorder()];
  faulty.onReady = () => {
    throw new Error("out of order");
  };
  loop.watch(one, EPOLLIN | EPOLLET, faulty);
  loop.watch(other, EPOLLIN | EPOLLET, sound);
  bench.raise(one);
  bench.raise(other);
  loop.run(20, 20);
  assertEquals(faulty.told, [`ready ${one}`, "failed: out of order"]);
  assertEquals(sound.told, [`ready ${other}`]);
});

loopTest("tells nothing of a muted descriptor until it is listened to again", (bench) => {
  const { loop } = bench;
  const descriptor = bench.event();
  const recorder = new Recorder();
  loop.watch(descriptor, EPOLLIN, recorder);
  loop.mute(descriptor);
  bench.raise(descriptor);
  loop.run(5, 5);
  assertEquals(recorder.told, []);
  recorder.onReady = () => loop.requestTurn();
  loop.listen(descriptor, EPOLLIN);
  loop.run(60_000, 60_000);
  assertEquals(recorder.told, [`ready ${descriptor}`]);
});

loopTest("runs no more once it is closed", (bench) => {
  bench.loop.close();
  assert(bench.loop.isClosed);
  bench.loop.run(60_000, 60_000);
});
