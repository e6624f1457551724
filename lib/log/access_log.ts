import type { LogFormatName } from "../config/settings.ts";
import { type AccessLogFormat, formatJson, formatText } from "./access_log_format.ts";
import type { SessionRecord } from "./session_record.ts";

export interface AccessLogOptions {
  readonly format: LogFormatName | AccessLogFormat;
  /**
   * Passes a batch to the main thread: whole lines with their line breaks, and the number of lines.
   */
  readonly post: (lines: string, count: number) => void;
  /**
   * The maximum time that a line waits; 0 uses no timer and leaves it to {@linkcode
   * AccessLog.flush}. @default {100}
   */
  readonly flushIntervalMs?: number;
  /** A batch that has reached this many characters is posted at once. @default {32768} */
  readonly flushLength?: number;
}

/**
 * The worker's side of the access log: formats sessions as they end, and posts the lines in batches.
 * A timer runs only while a line waits.
 */
export class AccessLog {
  readonly #format: AccessLogFormat;
  readonly #post: (lines: string, count: number) => void;
  readonly #flushIntervalMs: number;
  readonly #flushLength: number;
  #lines = "";
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: AccessLogOptions) {
    const { format } = options;
    this.#format = format === "text" ? formatText : format === "json" ? formatJson : format;
    this.#post = options.post;
    this.#flushIntervalMs = options.flushIntervalMs ?? 100;
    this.#flushLength = options.flushLength ?? 32 * 1024;
  }

  /** The number of lines waiting to be posted. */
  get waiting(): number {
    return this.#count;
  }

  /** Adds a session's line. After {@linkcode close} it is posted immediately. */
  record(record: SessionRecord): void {
    this.#lines += `${this.#format(record)}\n`;
    this.#count++;
    if (this.#closed || this.#lines.length >= this.#flushLength) {
      this.flush();
    } else if (this.#timer === undefined && this.#flushIntervalMs > 0) {
      this.#timer = setTimeout(() => this.flush(), this.#flushIntervalMs);
    }
  }

  /** Posts the waiting lines. */
  flush(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#count === 0) return;
    const lines = this.#lines;
    const count = this.#count;
    this.#lines = "";
    this.#count = 0;
    this.#post(lines, count);
  }

  /** Posts the waiting lines; from now on, lines are posted immediately. */
  close(): void {
    this.#closed = true;
    this.flush();
  }
}
