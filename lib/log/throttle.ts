/** A key with how many failures were kept back since its last line. */
export interface Suppressed {
  readonly key: string;
  /** 1 or more. */
  readonly count: number;
}

export interface ThrottleOptions {
  /** How long a key stays silent after a line. @default {10000} */
  readonly intervalMs?: number;
  /** How many keys are told apart; 1 or more. @default {1000} */
  readonly maxKeys?: number;
}

interface Entry {
  lastLineMs: number;
  suppressed: number;
}

/** The key under which {@linkcode Throttle} counts whatever came when it knew too many keys. */
export const OTHER_KEYS = "(others)";

/**
 * Keeps identical failures from flooding the log: the first is logged, the following are counted,
 * and at most one line per interval tells how many there were.
 *
 * It has no clock and no timer: every call brings the time, from a clock that never goes back. Once
 * `maxKeys` keys are known, further ones share one entry, so that neither memory nor the log grows
 * with the number of different failures.
 */
export class Throttle {
  readonly #intervalMs: number;
  readonly #maxKeys: number;
  readonly #entries = new Map<string, Entry>();

  constructor(options: ThrottleOptions = {}) {
    this.#intervalMs = options.intervalMs ?? 10_000;
    this.#maxKeys = options.maxKeys ?? 1000;
  }

  /** How many keys are remembered; at most `maxKeys`, and one for the others. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Tells whether a failure is to be logged now: -1 to keep it back, otherwise how many were kept
   * back since the last line of this key.
   */
  take(key: string, nowMs: number): number {
    const entry = this.#entryOf(key, nowMs);
    if (entry === undefined) return 0;
    if (nowMs - entry.lastLineMs < this.#intervalMs) {
      entry.suppressed++;
      return -1;
    }
    const { suppressed } = entry;
    entry.lastLineMs = nowMs;
    entry.suppressed = 0;
    return suppressed;
  }

  /**
   * Gives the keys whose interval is over and that kept something back: each is to be logged now,
   * and is silent for another interval. Keys that kept nothing back are forgotten. Call it about
   * once per interval, and with `Infinity` at the very end.
   */
  drain(nowMs: number): Suppressed[] {
    const due: Suppressed[] = [];
    for (const [key, entry] of this.#entries) {
      if (nowMs - entry.lastLineMs < this.#intervalMs) continue;
      if (entry.suppressed > 0) due.push({ key, count: entry.suppressed });
      if (entry.suppressed === 0 || nowMs === Infinity) this.#entries.delete(key);
      entry.lastLineMs = nowMs;
      entry.suppressed = 0;
    }
    return due;
  }

  /** The entry that counts for a key, or undefined for a key that was just seen for the first time. */
  #entryOf(key: string, nowMs: number): Entry | undefined {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const name = this.#entries.size < this.#maxKeys ? key : OTHER_KEYS;
    const shared = this.#entries.get(name);
    if (shared !== undefined) return shared;
    this.#entries.set(name, { lastLineMs: nowMs, suppressed: 0 });
    return undefined;
  }
}
