import { Backoff } from "../base/backoff.ts";
import { formatDuration } from "../base/duration.ts";
import type { Scheduler } from "../base/scheduler.ts";
import { loggerFor } from "../log/logging.ts";
import type { Answer } from "./_answers.ts";
import { explainLookup } from "./_explain_lookup.ts";

/** A look-up that takes longer has failed. */
export const LOOKUP_TIMEOUT_MS = 5_000;
/** A name whose last look-up failed is looked up again at least this often. */
const LONGEST_RETRY_MS = 30_000;
/**
 * A name that never had an answer is looked up again after this time, and then less and less often.
 */
const FIRST_RETRY_MS = 1_000;
/** Up to this fraction is added to the time between two look-ups, so that names spread out. */
const JITTER = 0.1;

export interface WatchedNameInputs<T> {
  /** Looks up the name; `before` is the last good answer. */
  readonly ask: (before: T | undefined, signal: AbortSignal) => Promise<Answer<T>>;
  /** Called when the answer has changed. */
  readonly onChange: () => void;
  readonly scheduler: Pick<Scheduler, "after">;
  /** A uniform number in [0, 1). */
  readonly random: () => number;
}

/**
 * A name, its last good answer, and the look-ups that keep it up to date. A failed look-up leaves
 * the answer unchanged; that the name fails, and that it resolves again, is logged once each time.
 *
 * Invariant: no two look-ups of the name run at once. One that has timed out may still be running
 * if it cannot be cancelled; no other starts until it has ended.
 */
export class WatchedName<T> {
  readonly #name: string;
  readonly #inputs: WatchedNameInputs<T>;
  readonly #logger = loggerFor("discovery");
  #answer: T | undefined;
  #problem: string | undefined;
  #failed = false;
  #looking: Promise<void> | undefined;
  #isAsking = false;
  readonly #backoff = new Backoff({ firstMs: FIRST_RETRY_MS, longestMs: LONGEST_RETRY_MS });
  /** 0 while it is not looked up periodically. */
  #intervalMs = 0;
  #cancelNext: (() => void) | undefined;
  #giveUp: (() => void) | undefined;

  constructor(name: string, inputs: WatchedNameInputs<T>) {
    this.#name = name;
    this.#inputs = inputs;
  }

  /** The last good answer; absent if there has been none. */
  get answer(): T | undefined {
    return this.#answer;
  }

  /** What is wrong with the last look-up; absent if nothing is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Whether the last look-up returned no answer at all, so that there is none or an old one. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Looks up the name now, or waits for the look-up in progress. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => this.#looking = undefined);
    return this.#looking;
  }

  /**
   * Looks up the name periodically. A new interval replaces the previous one.
   *
   * @param intervalMs `Infinity` to look it up only until a look-up succeeds
   */
  start(intervalMs: number): void {
    if (this.#intervalMs === intervalMs && this.#cancelNext !== undefined) return;
    this.#cancelNext?.();
    this.#intervalMs = intervalMs;
    this.#scheduleNext();
  }

  /** Ends the look-ups, including the one in progress. */
  stop(): void {
    this.#intervalMs = 0;
    this.#cancelNext?.();
    this.#cancelNext = undefined;
    this.#giveUp?.();
  }

  #scheduleNext(): void {
    const { random, scheduler } = this.#inputs;
    const delayMs = this.#nextDelayMs();
    this.#cancelNext = delayMs === Infinity
      ? undefined
      : scheduler.after(delayMs * (1 + JITTER * random()), () => this.#turn());
  }

  #nextDelayMs(): number {
    if (this.#problem === undefined) return this.#intervalMs;
    const retryMs = this.#answer === undefined ? this.#backoff.next() : LONGEST_RETRY_MS;
    return Math.min(this.#intervalMs, retryMs);
  }

  async #turn(): Promise<void> {
    this.#cancelNext = undefined;
    await this.look();
    // It may have been started or stopped meanwhile.
    if (this.#intervalMs > 0 && this.#cancelNext === undefined) this.#scheduleNext();
  }

  async #look(): Promise<void> {
    if (this.#isAsking) return;
    const timeout = new AbortController();
    const givenUp = Promise.withResolvers<"given up">();
    const cancelTimeout = this.#inputs.scheduler.after(LOOKUP_TIMEOUT_MS, () => {
      timeout.abort(new Error(`no answer within ${formatDuration(LOOKUP_TIMEOUT_MS)}`));
    });
    this.#giveUp = () => {
      givenUp.resolve("given up");
      timeout.abort();
    };
    try {
      const answer = await Promise.race([
        this.#ask(timeout.signal),
        rejectOnAbort(timeout.signal),
        givenUp.promise,
      ]);
      if (answer !== "given up") this.#take(answer);
    } catch (error) {
      this.#failed = true;
      this.#report(explainLookup(error));
    } finally {
      cancelTimeout();
      this.#giveUp = undefined;
    }
  }

  async #ask(signal: AbortSignal): Promise<Answer<T>> {
    this.#isAsking = true;
    try {
      return await this.#inputs.ask(this.#answer, signal);
    } finally {
      this.#isAsking = false;
    }
  }

  #take({ value, problem }: Answer<T>): void {
    const hasChanged = JSON.stringify(value) !== JSON.stringify(this.#answer);
    this.#answer = value;
    this.#failed = false;
    if (problem !== undefined) this.#report(problem);
    else if (this.#problem !== undefined) {
      this.#problem = undefined;
      this.#logger.info("Resolved {name} again", { name: this.#name });
    }
    if (hasChanged) this.#inputs.onChange();
  }

  #report(problem: string): void {
    const isNews = this.#problem === undefined;
    this.#problem = problem;
    // Before periodic look-ups start, the caller reports the problem.
    if (!isNews || this.#intervalMs === 0) return;
    const consequence = this.#answer === undefined
      ? "it has no backend until it is"
      : "the last answer is kept";
    this.#logger.warn("Could not resolve {name}: {problem}; {consequence}", {
      name: this.#name,
      problem,
      consequence,
    });
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
