import { CLOCK_TICK_MS, type SharedState } from "./shared_state.ts";

/**
 * Moves the clock on that all threads share. The system's time can be set, back or ahead, and the one
 * that cannot be set begins anew in each thread; so the main thread writes down how long it has run.
 */
export class SharedClock {
  readonly #state: SharedState;
  readonly #now: () => number;
  readonly #startMs: number;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param now milliseconds on a clock that never goes back */
  constructor(state: SharedState, now: () => number = () => performance.now()) {
    this.#state = state;
    this.#now = now;
    this.#startMs = now() - state.clockMs;
  }

  /** Begins to move it on. By itself it keeps no process from ending. */
  start(): void {
    this.#timer ??= setInterval(() => this.tick(), CLOCK_TICK_MS);
    Deno.unrefTimer(this.#timer);
  }

  /** Brings it up to date. */
  tick(): void {
    this.#state.setClock(this.#now() - this.#startMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
