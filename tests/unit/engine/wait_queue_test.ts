import { assertEquals } from "@std/assert";
import { type Later, type Waiter, WaitQueue } from "../../../lib/engine/wait_queue.ts";
import { PoolCell, PoolTally } from "../../../lib/state/counters.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";

/** For queues of which the test itself takes the turns. */
const NEVER: Later = () => {};

/** Places at a backend, which those who wait take, and the names of those who have taken one. */
class Places {
  left = 0;
  readonly served: string[] = [];

  /** Adds a client to a queue that takes a place as soon as there is one. */
  wait(name: string, queue: WaitQueue): void {
    const waiter: Waiter = {
      serve: () => {
        if (this.left === 0) return false;
        this.left--;
        this.served.push(name);
        queue.leave(waiter);
        return true;
      },
      fail: unexpected,
    };
    queue.join(waiter, 10);
  }
}

function unexpected(error: unknown): void {
  throw error;
}

/** The queues of two workers, and how to let time pass for both. */
function twoQueues() {
  const state = SharedState.create(2);
  return {
    state,
    first: new WaitQueue(state, 0, 0, NEVER),
    second: new WaitQueue(state, 1, 0, NEVER),
    pause: (ms: number) => state.setClock(state.clockMs + ms),
  };
}

Deno.test("WaitQueue.turn() serves those who came first, as far as there are places", () => {
  const queue = new WaitQueue(SharedState.create(1), 0, 0, NEVER);
  const places = new Places();
  for (const name of ["a", "b", "c"]) places.wait(name, queue);
  queue.turn();
  assertEquals(places.served, []);
  places.left = 2;
  queue.turn();
  assertEquals([places.served, queue.size], [["a", "b"], 1]);
});

Deno.test("WaitQueue.turn() reaches those who join anew while they are served", () => {
  const state = SharedState.create(1);
  const queue = new WaitQueue(state, 0, 0, NEVER);
  const attempts: string[] = [];
  const retrying: Waiter = {
    serve: () => {
      attempts.push("retrying");
      queue.leave(retrying);
      if (attempts.length === 1) queue.join(retrying, 10);
      return true;
    },
    fail: unexpected,
  };
  const other: Waiter = {
    serve: () => {
      attempts.push("other");
      queue.leave(other);
      // As a session does that ends at once: nobody is served twice by it.
      queue.turn();
      return true;
    },
    fail: unexpected,
  };
  queue.join(retrying, 10);
  queue.join(other, 10);
  queue.turn();
  assertEquals(attempts, ["retrying", "other", "retrying"]);
  assertEquals([queue.size, state.pools.cell(0, PoolCell.queued)], [0, 0]);
});

Deno.test("WaitQueue.turn() lets those go first who have waited much longer elsewhere", () => {
  const { first, second, pause } = twoQueues();
  const places = new Places();
  places.wait("a", first);
  pause(1_000);
  places.wait("b", second);
  places.wait("c", first);
  first.turn();
  places.left = 3;
  assertEquals([first.isAhead, second.isAhead], [true, true]);
  second.turn();
  assertEquals(places.served, []);
  first.turn();
  assertEquals(places.served, ["a", "c"]);
  second.turn();
  assertEquals(places.served, ["a", "c", "b"]);
  assertEquals([first.isAhead, second.isAhead], [false, false]);
});

Deno.test("WaitQueue.turn() does not stand back for those who have waited a little longer", () => {
  const { first, second, pause } = twoQueues();
  const places = new Places();
  places.wait("a", first);
  pause(100);
  places.wait("b", second);
  places.left = 1;
  second.turn();
  assertEquals(places.served, ["b"]);
});

Deno.test("WaitQueue.turn() does not wait for a worker that hangs", () => {
  const { first, second, pause } = twoQueues();
  const places = new Places();
  places.wait("a", first);
  pause(1_000);
  places.wait("b", second);
  places.left = 2;
  second.turn();
  assertEquals(places.served, ["b"]);
});

Deno.test("WaitQueue.join() holds max_queue over all workers", () => {
  const state = SharedState.create(2);
  const first = new WaitQueue(state, 0, 0, NEVER);
  const second = new WaitQueue(state, 1, 0, NEVER);
  const never = () => ({ serve: () => false, fail: unexpected });
  assertEquals([first.join(never(), 2), second.join(never(), 2)], [true, true]);
  assertEquals([first.join(never(), 2), second.join(never(), 2)], [false, false]);
  assertEquals(state.pools.cell(0, PoolCell.queued), 2);
  assertEquals(state.pools.tally(0, 0, PoolTally.queuedInAll), 1);
});

Deno.test("WaitQueue.leave() ends a wait, once", () => {
  const state = SharedState.create(1);
  const queue = new WaitQueue(state, 0, 0, NEVER);
  const waiter = { serve: () => false, fail: unexpected };
  queue.join(waiter, 1);
  queue.leave(waiter);
  queue.leave(waiter);
  assertEquals([queue.size, state.pools.cell(0, PoolCell.queued)], [0, 0]);
  assertEquals(state.pools.tally(0, 0, PoolTally.queuedHere), 0);
});

Deno.test("WaitQueue.turn() goes by who came first, whatever the system's time is set to", () => {
  const { first, second, pause } = twoQueues();
  const places = new Places();
  const realNow = Date.now;
  let aheadMs = 0;
  Date.now = () => realNow() + aheadMs;
  try {
    for (const hours of [-1, 1, -24, 24]) {
      places.served.length = 0;
      places.wait("a", first);
      aheadMs = hours * 3_600_000;
      pause(1_000);
      places.wait("b", second);
      first.turn();
      places.left = 2;
      second.turn();
      assertEquals(places.served, []);
      first.turn();
      second.turn();
      assertEquals(places.served, ["a", "b"]);
    }
  } finally {
    Date.now = realNow;
  }
});

Deno.test("WaitQueue.turn() serves its own clients while the shared clock stands still", () => {
  const { first, second } = twoQueues();
  const places = new Places();
  places.wait("a", first);
  places.wait("b", second);
  places.left = 1;
  second.turn();
  assertEquals(places.served, ["b"]);
});

Deno.test("WaitQueue.turn() lets nobody go first who came later, however the clock was read", () => {
  const { state, first, second, pause } = twoQueues();
  const places = new Places();
  places.wait("a", first);
  // Another worker's client has a later ticket, and has been noted with an earlier time.
  const nowMs = state.clockMs + 1_000;
  pause(1_000);
  places.wait("b", first);
  second.join({ serve: () => false, fail: unexpected }, 10);
  state.pools.queueMarks.set(1, 0, 2, nowMs - 1_000, nowMs);
  places.left = 2;
  first.turn();
  assertEquals(places.served, ["a", "b"]);
});

Deno.test("WaitQueue.turn() keeps the order when the tickets begin anew", () => {
  const { state, first, second, pause } = twoQueues();
  const places = new Places();
  state.pools.addToCell(0, PoolCell.tickets, 2 ** 31 - 1);
  places.wait("a", first);
  pause(1_000);
  places.wait("b", second);
  first.turn();
  places.left = 2;
  second.turn();
  assertEquals(places.served, []);
  first.turn();
  second.turn();
  assertEquals(places.served, ["a", "b"]);
});

Deno.test("WaitQueue.turn() goes on with the next client where an attempt throws", () => {
  const queue = new WaitQueue(SharedState.create(1), 0, 0, NEVER);
  const places = new Places();
  const errors: unknown[] = [];
  const broken: Waiter = {
    serve: () => {
      throw new Error("a defect");
    },
    fail: (error) => {
      errors.push(error);
      queue.leave(broken);
    },
  };
  queue.join(broken, 10);
  places.wait("a", queue);
  places.left = 1;
  queue.turn();
  assertEquals([places.served, String(errors)], [["a"], "Error: a defect"]);
  assertEquals(queue.size, 0);
});

/** Callbacks that a queue has asked for, which the test calls. */
class Callbacks {
  readonly #rings: (() => void)[] = [];
  readonly later: Later = (_afterMs, ring) => void this.#rings.push(ring);

  get waiting(): number {
    return this.#rings.length;
  }

  /** Calls back once. */
  ring(): void {
    for (const ring of this.#rings.splice(0)) ring();
  }
}

Deno.test("WaitQueue takes a turn from time to time, by one timer, for as long as somebody waits", () => {
  const callbacks = new Callbacks();
  const queue = new WaitQueue(SharedState.create(1), 0, 0, callbacks.later);
  const places = new Places();
  assertEquals(callbacks.waiting, 0);
  for (const name of ["a", "b"]) places.wait(name, queue);
  assertEquals(callbacks.waiting, 1);
  callbacks.ring();
  assertEquals([places.served, callbacks.waiting], [[], 1]);
  places.left = 1;
  callbacks.ring();
  assertEquals([places.served, callbacks.waiting], [["a"], 1]);
  places.left = 1;
  callbacks.ring();
  assertEquals([places.served, callbacks.waiting], [["a", "b"], 0]);
  places.wait("c", queue);
  places.left = 1;
  callbacks.ring();
  assertEquals([places.served, callbacks.waiting], [["a", "b", "c"], 0]);
});

Deno.test("WaitQueue takes no further turns once everybody has left", () => {
  const callbacks = new Callbacks();
  const queue = new WaitQueue(SharedState.create(1), 0, 0, callbacks.later);
  const waiter = { serve: () => false, fail: unexpected };
  queue.join(waiter, 1);
  queue.leave(waiter);
  callbacks.ring();
  assertEquals(callbacks.waiting, 0);
});

Deno.test("WaitQueue.join() starts no timer for a client that finds no room", () => {
  const callbacks = new Callbacks();
  const queue = new WaitQueue(SharedState.create(1), 0, 0, callbacks.later);
  assertEquals(queue.join({ serve: () => false, fail: unexpected }, 0), false);
  assertEquals(callbacks.waiting, 0);
});
