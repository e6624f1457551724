import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLRDHUP,
} from "../libc/constants.ts";
import { ERRNO, LibcError } from "../libc/errno.ts";
import { GivenUpError } from "../libc/guarded_libc.ts";
import type { Libc } from "../libc/libc.ts";
import { TimerWheel } from "./timer_wheel.ts";

/** The most events taken from the kernel at once. */
const BATCH = 256;
/** Words of 32 bits in `struct epoll_event`: it is packed on x86_64 and nowhere else. */
const EVENT_WORDS = Deno.build.arch === "x86_64" ? 3 : 4;
/** The offset of its `data`, in words. */
const EVENT_DATA = Deno.build.arch === "x86_64" ? 1 : 2;
/** The precision of deadlines. */
const TICK_MS = 10;
/** The wheel reaches 20 seconds ahead. */
const WHEEL_SLOTS = 2048;
/** What watchers that asked to be notified again get: there may be bytes, and an end after them. */
const AGAIN_EVENTS = EPOLLIN | EPOLLRDHUP;
const FIRST_CAPACITY = 1024;

/** What is notified about a descriptor. */
export interface Watcher {
  /**
   * Whether it is notified after all others in a turn. Listeners are, so that a client that ended
   * its session before it reconnected finds its place free.
   */
  readonly isLast?: boolean;
  /**
   * Something happened.
   *
   * @param events EPOLLIN and the like
   * @param nowMs `performance.now()` of this turn
   */
  ready(descriptor: number, events: number, nowMs: number): void;
  /** The timer of the descriptor is due. */
  due(descriptor: number, nowMs: number): void;
  /** One of the above has thrown. */
  fail(error: unknown): void;
}

/** Something that happens once, at a moment or as soon as possible after it. */
export interface Alarm {
  readonly atMs: number;
  readonly ring: () => void;
}

/**
 * Waits for descriptors and timers, and notifies their watchers.
 *
 * The thread sleeps inside `run`, so nothing else in the worker runs meanwhile: no messages, no
 * timers and no promises. `run` returns when those are to have a turn.
 *
 * Ownership: the loop owns the epoll descriptor and no other. A descriptor must be unwatched before
 * it is closed.
 */
export class EpollLoop {
  readonly #libc: Libc;
  readonly #epoll: number;
  readonly #events = new Int32Array(BATCH * EVENT_WORDS);
  readonly #event = new Int32Array(EVENT_WORDS);
  readonly #wheel: TimerWheel;
  readonly #alarms: Alarm[] = [];
  /** By descriptor. */
  readonly #watchers: (Watcher | undefined)[] = [];
  /**
   * By descriptor: distinguishes events of a descriptor's earlier owner from those of the current
   * one.
   */
  #generations = new Int32Array(FIRST_CAPACITY);
  /** Descriptors to be notified again without waiting, and their generations. */
  #again: number[] = [];
  #againNow: number[] = [];
  /** By descriptor: the turn in which it asked to be notified again. */
  #askedIn = new Float64Array(FIRST_CAPACITY);
  /** The current turn. */
  #turn = 1;
  /** Indices in `#events` of the watchers that are notified last. */
  readonly #last: number[] = [];
  #turnWanted = false;
  #closed = false;

  /** Throws a `LibcError` if no descriptor is available. */
  constructor(libc: Libc) {
    this.#libc = libc;
    this.#epoll = libc.epoll_create1(EPOLL_CLOEXEC);
    if (this.#epoll < 0) throw new LibcError("epoll_create1", libc.errno());
    this.#wheel = new TimerWheel(TICK_MS, WHEEL_SLOTS, performance.now(), (descriptor, nowMs) => {
      const watcher = this.#watchers[descriptor];
      if (watcher === undefined) return;
      try {
        watcher.due(descriptor, nowMs);
      } catch (error) {
        failed(watcher, error);
      }
    });
  }

  /**
   * Starts notifying a watcher about a descriptor. Throws a `LibcError` if the kernel has no room
   * for another one.
   *
   * @param events EPOLLIN and the like, or 0 to set a timer only
   */
  watch(descriptor: number, events: number, watcher: Watcher): void {
    if (descriptor >= this.#generations.length) this.#grow(descriptor);
    this.#watchers[descriptor] = watcher;
    this.#generations[descriptor] = (this.#generations[descriptor] as number) + 1;
    // Requests of the number's earlier owner do not apply to this one.
    this.#askedIn[descriptor] = 0;
    if (events !== 0) this.#control(EPOLL_CTL_ADD, descriptor, events);
  }

  /** Asks for events of a descriptor that was watched without any. */
  listen(descriptor: number, events: number): void {
    this.#control(EPOLL_CTL_ADD, descriptor, events);
  }

  /** Changes the events asked for. Conditions that already hold are reported again. */
  change(descriptor: number, events: number): void {
    this.#control(EPOLL_CTL_MOD, descriptor, events);
  }

  /** Asks for no events until {@linkcode listen}. */
  mute(descriptor: number): void {
    this.#libc.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, descriptor, this.#event);
  }

  /**
   * Forgets a descriptor that the caller then closes at once, which makes the kernel forget it,
   * too.
   */
  unwatch(descriptor: number): void {
    this.#wheel.stop(descriptor);
    this.#watchers[descriptor] = undefined;
  }

  /** Sets the timer of a descriptor that is watched. */
  setTimer(descriptor: number, atMs: number): void {
    this.#wheel.set(descriptor, atMs);
  }

  /**
   * Notifies a descriptor's watcher in the next turn, after the others had theirs, that it can be
   * read: once, however often it asks.
   */
  tellAgain(descriptor: number): void {
    if (this.#askedIn[descriptor] === this.#turn) return;
    this.#askedIn[descriptor] = this.#turn;
    this.#again.push(descriptor, this.#generations[descriptor] as number);
  }

  /** Calls `ring` once after a time. For the few things that do not belong to a descriptor. */
  setAlarm(afterMs: number, ring: () => void): Alarm {
    const alarm = { atMs: performance.now() + afterMs, ring };
    this.#alarms.push(alarm);
    return alarm;
  }

  /** Cancels an alarm. */
  stopAlarm(alarm: Alarm): void {
    const index = this.#alarms.indexOf(alarm);
    if (index >= 0) this.#alarms.splice(index, 1);
  }

  /** Resolves after a time. */
  async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.setAlarm(ms, () => {
        resolve();
        this.requestTurn();
      });
    });
  }

  /** Lets `run` return, so that messages, timers and promises have a turn. */
  requestTurn(): void {
    this.#turnWanted = true;
  }

  /**
   * Runs until a turn is requested, for at most `longestMs`, and for at most `workMs` after the
   * first event. Throws a `GivenUpError` once the worker was given up.
   */
  run(longestMs: number, workMs: number): void {
    let nowMs = performance.now();
    let untilMs = nowMs + longestMs;
    while (!this.#turnWanted && !this.#closed && nowMs < untilMs) {
      const count = this.#wait(this.#timeoutMs(nowMs, untilMs));
      nowMs = performance.now();
      const again = this.#again;
      this.#again = this.#againNow;
      this.#againNow = again;
      this.#turn++;
      if (count > 0) {
        untilMs = Math.min(untilMs, nowMs + workMs);
        this.#tellAll(count, nowMs);
      }
      if (again.length > 0) this.#tellThoseAgain(again, nowMs);
      if (this.#last.length > 0) this.#tellLast(nowMs);
      this.#wheel.advance(nowMs);
      if (this.#alarms.length > 0) this.#ring(nowMs);
    }
    this.#turnWanted = false;
  }

  /** Whether the loop is closed and no longer runs. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Closes the epoll descriptor. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#libc.close(this.#epoll);
  }

  /** How long to sleep, in whole milliseconds; rounded up, so as not to spin. */
  #timeoutMs(nowMs: number, untilMs: number): number {
    if (this.#again.length > 0) return 0;
    let dueMs = Math.min(untilMs, this.#wheel.nextDueMs);
    for (const { atMs } of this.#alarms) dueMs = Math.min(dueMs, atMs);
    return Math.max(0, Math.ceil(dueMs - nowMs));
  }

  #wait(timeoutMs: number): number {
    const count = this.#libc.epoll_wait(this.#epoll, this.#events, BATCH, timeoutMs);
    if (count >= 0) return count;
    const errno = this.#libc.errno();
    if (errno === ERRNO.EINTR) return 0;
    throw new LibcError("epoll_wait", errno);
  }

  #tellAll(count: number, nowMs: number): void {
    const events = this.#events;
    for (let at = 0; at < count * EVENT_WORDS; at += EVENT_WORDS) {
      const watcher = this.#watchers[events[at + EVENT_DATA] as number];
      if (watcher?.isLast) this.#last.push(at);
      else this.#tellOf(at, nowMs);
    }
  }

  #tellLast(nowMs: number): void {
    for (const at of this.#last) this.#tellOf(at, nowMs);
    this.#last.length = 0;
  }

  /** @param at the place of the event in `#events` */
  #tellOf(at: number, nowMs: number): void {
    const events = this.#events;
    const data = at + EVENT_DATA;
    this.#tell(events[data] as number, events[data + 1] as number, events[at] as number, nowMs);
  }

  #tellThoseAgain(told: number[], nowMs: number): void {
    for (let at = 0; at < told.length; at += 2) {
      const descriptor = told[at] as number;
      // It had its turn through an event and has asked again: no watcher has two turns in one.
      if (this.#askedIn[descriptor] === this.#turn) continue;
      this.#tell(descriptor, told[at + 1] as number, AGAIN_EVENTS, nowMs);
    }
    told.length = 0;
  }

  #tell(descriptor: number, generation: number, events: number, nowMs: number): void {
    const watcher = this.#watchers[descriptor];
    if (watcher === undefined || this.#generations[descriptor] !== generation) return;
    try {
      watcher.ready(descriptor, events, nowMs);
    } catch (error) {
      failed(watcher, error);
    }
  }

  #ring(nowMs: number): void {
    const due = this.#alarms.filter(({ atMs }) => atMs <= nowMs);
    for (const alarm of due) {
      this.stopAlarm(alarm);
      alarm.ring();
    }
  }

  #control(operation: number, descriptor: number, events: number): void {
    // The low word of an event's data holds the descriptor, the high word its generation.
    const event = this.#event;
    event[0] = events;
    event[EVENT_DATA] = descriptor;
    event[EVENT_DATA + 1] = this.#generations[descriptor] as number;
    if (this.#libc.epoll_ctl(this.#epoll, operation, descriptor, event) < 0) {
      throw new LibcError("epoll_ctl", this.#libc.errno());
    }
  }

  #grow(descriptor: number): void {
    const capacity = Math.max(2 * this.#generations.length, descriptor + 1);
    const generations = new Int32Array(capacity);
    generations.set(this.#generations);
    this.#generations = generations;
    const askedIn = new Float64Array(capacity);
    askedIn.set(this.#askedIn);
    this.#askedIn = askedIn;
  }
}

/**
 * Passes an error to the watcher that threw it. An error that concerns the whole worker ends the
 * loop.
 */
function failed(watcher: Watcher, error: unknown): void {
  if (error instanceof GivenUpError) throw error;
  watcher.fail(error);
}
