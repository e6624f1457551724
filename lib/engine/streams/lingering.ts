import type { Relay } from "./relay.ts";

/** How many of a worker's relays linger at once. */
const MOST_RELAYS = 1_000;
/** How exactly deadlines are kept. */
const TICK_MS = 500;

/**
 * Relays whose session has ended because one side was gone, while the kernel may still have bytes to
 * deliver to the other side. Were that closed at once, whatever it sends from then on would be
 * answered by a reset, which takes those bytes with it.
 *
 * They count as no session any more. Each has a deadline, and beyond so many the one that has
 * lingered longest is closed.
 */
export class Lingering {
  /** Their deadlines; the first one came first. */
  readonly #relays = new Map<Relay, number>();
  readonly #most: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(most: number = MOST_RELAYS) {
    this.#most = most;
  }

  get size(): number {
    return this.#relays.size;
  }

  /** @param untilMs when it is closed at the latest, `performance.now()` */
  add(relay: Relay, untilMs: number): void {
    const [first] = this.#relays.keys();
    if (first !== undefined && this.#relays.size >= this.#most) this.#close(first);
    this.#relays.set(relay, untilMs);
    this.#timer ??= setTimeout(() => this.#turn(), TICK_MS);
  }

  /** Says that a relay has come to its end. */
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
