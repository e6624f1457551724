import { Backoff } from "../base/backoff.ts";

const FIRST_MS = 100;
const LONGEST_MS = 10_000;
/** A worker that has lived this long did not die of what killed the previous one. */
const SOUND_MS = 60_000;

/**
 * How long the slot of a dead worker stays empty: twice as long after each consecutive death, up to
 * ten seconds.
 */
export class RestartDelays {
  readonly #backoffs = new Map<number, Backoff>();

  /**
   * Returns the wait in milliseconds before another worker gets the slot.
   *
   * @param livedMs how long the worker that died had lived
   */
  next(slot: number, livedMs: number): number {
    const backoff = this.#backoffs.get(slot) ??
      new Backoff({ firstMs: FIRST_MS, longestMs: LONGEST_MS });
    this.#backoffs.set(slot, backoff);
    if (livedMs >= SOUND_MS) backoff.reset();
    return backoff.next();
  }

  /** Call when a slot is free for another worker, which has nothing to do with earlier deaths. */
  forget(slot: number): void {
    this.#backoffs.delete(slot);
  }
}
