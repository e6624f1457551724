import { WorkerCell } from "../../../state/worker_counters.ts";
import type { SharedState } from "../../../state/shared_state.ts";
import { EFD_CLOEXEC, EFD_NONBLOCK, EPOLLIN } from "../libc/constants.ts";
import { LibcError } from "../libc/errno.ts";
import type { Libc } from "../libc/libc.ts";
import type { EpollLoop, Watcher } from "./epoll_loop.ts";

/** What is written to the eventfd: the number of posted messages, and an order above 32 bits. */
const ONE_MESSAGE = 1n;
const END = 1n << 32n;
/** How long to wait for a worker's end: it only closes what it holds, which takes no time. */
const LONGEST_END_MS = 500;

/**
 * The main thread's means to reach a worker that sleeps in `epoll_wait`, where neither messages nor
 * `Worker.terminate` get through: an eventfd that the worker watches.
 *
 * Ownership: the waker owns the eventfd. It is closed once the worker can no longer read it, and
 * left open where that is not certain, because its number might be reused.
 */
export class Waker {
  readonly #libc: Libc;
  readonly #state: SharedState;
  readonly #slot: number;
  readonly #value = new BigUint64Array(1);
  #descriptor: number;

  /**
   * Throws a `LibcError` if no descriptor is available.
   *
   * @param slot the worker's slot in the shared state
   */
  constructor(libc: Libc, state: SharedState, slot: number) {
    this.#libc = libc;
    this.#state = state;
    this.#slot = slot;
    this.#descriptor = libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (this.#descriptor < 0) throw new LibcError("eventfd", libc.errno());
    state.setWorkerCell(slot, WorkerCell.closed, 0);
  }

  /** The descriptor for the worker to watch. */
  get descriptor(): number {
    return this.#descriptor;
  }

  /** Call when a message was posted. */
  wake(): void {
    this.#write(ONE_MESSAGE);
  }

  /**
   * Tells the worker to close everything that it holds, and waits until it has: descriptors are
   * plain numbers to Deno, which would not close them with the thread.
   */
  end(): void {
    if (this.#descriptor < 0) return;
    this.#write(END);
    if (this.#state.awaitWorkerCell(this.#slot, WorkerCell.closed, 0, LONGEST_END_MS)) {
      this.release();
    } else this.#descriptor = -1;
  }

  /** Closes the eventfd of a worker that has ended by itself. */
  release(): void {
    if (this.#descriptor < 0) return;
    this.#libc.close(this.#descriptor);
    this.#descriptor = -1;
  }

  #write(value: bigint): void {
    if (this.#descriptor < 0) return;
    this.#value[0] = value;
    this.#libc.write(this.#descriptor, this.#value, 8);
  }
}

/**
 * The worker's side of a waker: counts the posted messages, and receives the order to end.
 *
 * Ownership: the eventfd belongs to the main thread; it is only read here.
 */
export class WakeSource implements Watcher {
  readonly #libc: Libc;
  readonly #loop: EpollLoop;
  readonly #value = new Uint32Array(2);
  #posted = 0;
  #ended = false;

  constructor(libc: Libc, loop: EpollLoop, descriptor: number) {
    this.#libc = libc;
    this.#loop = loop;
    loop.watch(descriptor, EPOLLIN, this);
  }

  /** How many messages the main thread has posted so far. */
  get posted(): number {
    return this.#posted;
  }

  /** Whether the worker has been told to close everything. */
  get ended(): boolean {
    return this.#ended;
  }

  ready(descriptor: number): void {
    if (this.#libc.read(descriptor, this.#value, this.#value.byteLength) !== 8) return;
    this.#posted += this.#value[0] as number;
    if (this.#value[1] !== 0) this.#ended = true;
    this.#loop.requestTurn();
  }

  due(): void {}

  fail(error: unknown): void {
    throw error;
  }
}
