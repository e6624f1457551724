import { EPOLLIN } from "../libc/constants.ts";
import type { Libc } from "../libc/libc.ts";
import type { EpollLoop, Watcher } from "./epoll_loop.ts";

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
