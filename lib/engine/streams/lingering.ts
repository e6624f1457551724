import type { Relay } from "./relay.ts";

/** How many of a worker's relays may linger at once. */
const MOST_RELAYS = 1_000;
/** The precision of deadlines. */
const TICK_MS = 500;

/**
 * Relays whose session has ended because one side was gone, while the kernel may still have bytes
 * to deliver to the other side. If that were closed at once, anything it sends from then on would
 * be answered with a reset, which discards those bytes.
 *
 * They no longer count as sessions. Each has a deadline, and beyond the limit the one that has
 * lingered longest is closed.
 */
export class Lingering {
  /** Their deadlines, in the order in which they were added. */
  readonly #relays = new Map<Relay, number>();
  readonly #most: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(most: number = MOST_RELAYS) {
    this.#most = most;
  }

  get size(): number {
    return this.#relays.size;
  }

  /** @param untilMs when it is closed at the latest, on the clock of `performance.now()` */
  add(relay: Relay, untilMs: number): void {
    const [first] = this.#relays.keys();
    if (first !== undefined && this.#relays.size >= this.#most) this.#close(first);
    this.#relays.set(relay, untilMs);
    this.#timer ??= setTimeout(() => this.#turn(), TICK_MS);
  }

  /** Call when a relay has ended. */
  remove(relay: Relay): void {
    this.#relays.delete(relay);
  }

  /** Closes all of them at once. */
  closeAll(): void {
    for (const relay of this.#relays.keys()) this.#close(relay);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #turn(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    for (const [relay, untilMs] of this.#relays) if (nowMs >= untilMs) this.#close(relay);
    if (this.#relays.size > 0) this.#timer = setTimeout(() => this.#turn(), TICK_MS);
  }

  #close(relay: Relay): void {
    this.#relays.delete(relay);
    relay.close();
  }
}
