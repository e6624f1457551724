import { CLOCK_TICK_MS, type SharedState } from "./shared_state.ts";

/**
 * Advances the clock that all threads share. The system's time can be set back or ahead, and the
 * monotonic one starts at zero in each thread; so the main thread publishes how long it has run.
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

  /** Starts the clock. Its timer does not keep the process alive. */
  start(): void {
    this.#timer ??= setInterval(() => this.tick(), CLOCK_TICK_MS);
    Deno.unrefTimer(this.#timer);
  }

  /** Updates the clock. */
  tick(): void {
    this.#state.setClock(this.#now() - this.#startMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
