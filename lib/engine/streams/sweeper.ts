import type { Session } from "./session.ts";

/** Deadlines are accurate to this fraction of the shortest timeout. */
const TICKS_PER_TIMEOUT = 4;
const SHORTEST_TICK_MS = 20;
const LONGEST_TICK_MS = 500;

/**
 * The only timer of a worker: it checks the deadlines of all sessions, so that 10,000 sessions do
 * not need 10,000 timers. It stops while there are no sessions.
 */
export class Sweeper {
  readonly #sessions: ReadonlySet<Session>;
  #tickMs = LONGEST_TICK_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(sessions: ReadonlySet<Session>) {
    this.#sessions = sessions;
  }

  /**
   * Sets the precision of deadlines: `shortestMs` is the shortest timeout that any session can
   * have.
   */
  setShortestTimeout(shortestMs: number): void {
    const tickMs = shortestMs / TICKS_PER_TIMEOUT;
    this.#tickMs = Math.min(Math.max(tickMs, SHORTEST_TICK_MS), LONGEST_TICK_MS);
  }

  /** Makes sure that the timer is running; called when a session begins. */
  wake(): void {
    this.#timer ??= setTimeout(() => this.#sweep(), this.#tickMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    for (const session of this.#sessions) session.sweep(nowMs);
    if (this.#sessions.size > 0) this.wake();
  }
}
