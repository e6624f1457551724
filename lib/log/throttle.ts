/** A key, and how many failures were suppressed since its last line. */
export interface Suppressed {
  readonly key: string;
  /** 1 or more. */
  readonly count: number;
}

export interface ThrottleOptions {
  /** How long a key stays silent after a line. @default {10000} */
  readonly intervalMs?: number;
  /** How many keys are distinguished; 1 or more. @default {1000} */
  readonly maxKeys?: number;
}

interface Entry {
  lastLineMs: number;
  suppressed: number;
}

/** The key under which {@linkcode Throttle} counts everything beyond `maxKeys` keys. */
export const OTHER_KEYS = "(others)";

/**
 * Keeps identical failures from flooding the log: the first is logged, further ones are counted,
 * and at most one line per interval says how many there were.
 *
 * It has no clock and no timer: every call passes the time, from a monotonic clock. Once `maxKeys`
 * keys are known, further ones share one entry, so neither memory nor the log grows with the number
 * of different failures.
 */
export class Throttle {
  readonly #intervalMs: number;
  readonly #maxKeys: number;
  readonly #entries = new Map<string, Entry>();

  constructor(options: ThrottleOptions = {}) {
    this.#intervalMs = options.intervalMs ?? 10_000;
    this.#maxKeys = options.maxKeys ?? 1000;
  }

  /** The number of remembered keys; at most `maxKeys`, plus one for the others. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Decides whether a failure is logged now: returns -1 to suppress it, otherwise how many were
   * suppressed since the last line of this key.
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
   * Returns the keys whose interval is over and that suppressed something: each is to be logged
   * now, and is then silent for another interval. Keys that suppressed nothing are forgotten. Call
   * it about once per interval, and with `Infinity` at the very end.
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

  /** The entry for a key, or undefined for a key that was just seen for the first time. */
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
