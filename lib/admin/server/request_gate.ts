import { setImmediate } from "node:timers/promises";

/** How many requests are admitted at a time. */
const MOST_AT_ONCE = 2;
/** The shortest pause before the next ones are admitted. */
const SHORTEST_PAUSE_MS = 1;
/** The pause is this many times as long as the last ones took. */
const PAUSE_FACTOR = 3;
/** The beginning of a liveness or readiness probe. */
const PROBE = /^(GET|HEAD) \/(healthz|readyz)[ ?/]/;
/** How many bytes it takes to recognize a probe. */
const PROBE_BYTES = 16;

const DECODER = new TextDecoder();

/**
 * Admits requests: a few at once and the rest gradually, so a burst takes about a quarter of the
 * thread's time at most. In between, new connections are accepted. Probes never wait: a burst of other
 * requests must not make Weir look dead.
 */
export class RequestGate {
  /** What admits those that wait, in order of arrival. */
  readonly #waiting = new Map<object, () => void>();
  #pauseMs = SHORTEST_PAUSE_MS;
  #openedMs = -Infinity;
  #passed = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Returns a promise that resolves once a request is admitted, or undefined if it is admitted at once.
   *
   * @param who the connection, which has at most one request waiting
   * @param bytes the beginning of the request
   */
  pass(who: object, bytes: Uint8Array): Promise<void> | undefined {
    if (PROBE.test(DECODER.decode(bytes.subarray(0, PROBE_BYTES)))) return undefined;
    if (this.#waiting.size === 0 && this.#takePlace()) return undefined;
    return new Promise((resolve) => {
      this.#waiting.set(who, resolve);
      this.#openLater();
    });
  }

  /** Ends a wait: the connection is gone. */
  leave(who: object): void {
    this.#admit(who);
    if (this.#waiting.size === 0) this.#stop();
  }

  #admit(who: object): void {
    this.#waiting.get(who)?.();
    this.#waiting.delete(who);
  }

  #takePlace(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#openedMs >= this.#pauseMs) {
      this.#openedMs = nowMs;
      this.#passed = 0;
    }
    return this.#passed++ < MOST_AT_ONCE;
  }

  #openLater(): void {
    this.#timer ??= setTimeout(() => void this.#open(), this.#pauseMs);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #open(): Promise<void> {
    const startMs = performance.now();
    for (const who of [...this.#waiting.keys()].slice(0, MOST_AT_ONCE)) this.#admit(who);
    // By then the synchronous part of the answers is done.
    await setImmediate();
    const tookMs = performance.now() - startMs;
    this.#pauseMs = Math.max(SHORTEST_PAUSE_MS, PAUSE_FACTOR * tookMs);
    this.#stop();
    if (this.#waiting.size > 0) this.#openLater();
  }
}
