import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLRDHUP,
} from "./constants.ts";
import { ERRNO, LibcError } from "./errno.ts";
import { GivenUpError } from "./guarded_libc.ts";
import type { Libc } from "./libc.ts";
import { TimerWheel } from "./timer_wheel.ts";

/** Events that are taken from the kernel at once. */
const BATCH = 256;
/** Words of 32 bits in `struct epoll_event`: it is packed on x86_64 and nowhere else. */
const EVENT_WORDS = Deno.build.arch === "x86_64" ? 3 : 4;
/** The place of its `data` in words. */
const EVENT_DATA = Deno.build.arch === "x86_64" ? 1 : 2;
/** Deadlines are kept to within so long. */
const TICK_MS = 10;
/** The wheel reaches 20 seconds ahead. */
const WHEEL_SLOTS = 2048;
/** What those who asked to be told again are told: that there may be bytes, and an end behind them. */
const AGAIN_EVENTS = EPOLLIN | EPOLLRDHUP;
const FIRST_CAPACITY = 1024;

/** Who is told about a descriptor. */
export interface Watcher {
  /**
   * Whether it is told after all others of a turn. Listeners are, so that a client which has ended
   * its session before it came again finds its place free.
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
 * Waits for descriptors and for time, and tells whoever watches them.
 *
 * The thread sleeps inside of `run`, so that nothing else of the worker runs meanwhile: no messages,
 * no timers and no promises. `run` returns when those are to have a turn.
 *
 * Ownership: the loop owns the epoll descriptor and no other. A descriptor has to be unwatched before
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
  /** By descriptor: tells an event of a descriptor's earlier owner from one of the present owner. */
  #generations = new Int32Array(FIRST_CAPACITY);
  /** Descriptors that are to be told again without having to wait, and their generations. */
  #again: number[] = [];
  #againNow: number[] = [];
  /** By descriptor: the turn in which it has asked to be told again. */
  #askedIn = new Float64Array(FIRST_CAPACITY);
  /** The turn at hand. */
  #turn = 1;
  /** Places in `#events` of those who are told last. */
  readonly #last: number[] = [];
  #turnWanted = false;
  #closed = false;

  /** Throws a `LibcError` where no descriptor can be had. */
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
   * Tells a watcher about a descriptor from now on. Throws a `LibcError` where the kernel has no
   * room for another one.
   *
   * @param events EPOLLIN and the like, or 0 to set a timer only
   */
  watch(descriptor: number, events: number, watcher: Watcher): void {
    if (descriptor >= this.#generations.length) this.#grow(descriptor);
    this.#watchers[descriptor] = watcher;
    this.#generations[descriptor] = (this.#generations[descriptor] as number) + 1;
    // What the number's earlier owner has asked for is none of this one's.
    this.#askedIn[descriptor] = 0;
    if (events !== 0) this.#control(EPOLL_CTL_ADD, descriptor, events);
  }

  /** Asks for events of a descriptor that was watched without any. */
  listen(descriptor: number, events: number): void {
    this.#control(EPOLL_CTL_ADD, descriptor, events);
  }

  /** Asks for other events. What is the case already is told once more. */
  change(descriptor: number, events: number): void {
    this.#control(EPOLL_CTL_MOD, descriptor, events);
  }

  /** Asks for no events until {@linkcode listen}. */
  mute(descriptor: number): void {
    this.#libc.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, descriptor, this.#event);
  }

  /** Forgets a descriptor that is to be closed right after, by which the kernel forgets it too. */
  unwatch(descriptor: number): void {
    this.#wheel.stop(descriptor);
    this.#watchers[descriptor] = undefined;
  }

  /** Sets the timer of a descriptor that is watched. */
  setTimer(descriptor: number, atMs: number): void {
    this.#wheel.set(descriptor, atMs);
  }

  /**
   * Tells a descriptor's watcher in the next turn that it can be read, once others had theirs: once,
   * however often it asks.
   */
  tellAgain(descriptor: number): void {
    if (this.#askedIn[descriptor] === this.#turn) return;
    this.#askedIn[descriptor] = this.#turn;
    this.#again.push(descriptor, this.#generations[descriptor] as number);
  }

  /** Rings once, after so long. For the few things that do not belong to a descriptor. */
  setAlarm(afterMs: number, ring: () => void): Alarm {
    const alarm = { atMs: performance.now() + afterMs, ring };
    this.#alarms.push(alarm);
    return alarm;
  }

  /** Keeps an alarm from ringing. */
  stopAlarm(alarm: Alarm): void {
    const index = this.#alarms.indexOf(alarm);
    if (index >= 0) this.#alarms.splice(index, 1);
  }

  /** Resolves after so long. */
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
   * Runs until somebody has asked for a turn, at most for `longestMs`, and for `workMs` from the
   * first event on. Throws a `GivenUpError` once the worker was given up.
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

  /** Whether the loop was closed, so that it runs no more. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Closes the epoll descriptor. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#libc.close(this.#epoll);
  }

  /** How long to sleep, in whole milliseconds; never less than there is time, so as not to spin. */
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
      // It had its turn by an event, and has asked anew: none has two.
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
    // The descriptor stands in the low word of an event's data, and its generation in the high one.
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

/** Lets a watcher hear of its own error. One that is not its own ends the loop. */
function failed(watcher: Watcher, error: unknown): void {
  if (error instanceof GivenUpError) throw error;
  watcher.fail(error);
}
