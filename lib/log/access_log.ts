import type { LogFormatName } from "../config/settings.ts";
import { type AccessLogFormat, formatJson, formatText } from "./access_log_format.ts";
import type { SessionRecord } from "./session_record.ts";

export interface AccessLogOptions {
  readonly format: LogFormatName | AccessLogFormat;
  /** Hands a batch to the main thread: whole lines with their line breaks, and how many they are. */
  readonly post: (lines: string, count: number) => void;
  /** How long a line waits at most; 0 sets no timer and leaves it to {@linkcode AccessLog.flush}. @default {100} */
  readonly flushIntervalMs?: number;
  /** A batch of this many characters is posted at once. @default {32768} */
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

  /** How many lines wait to be posted. */
  get waiting(): number {
    return this.#count;
  }

  /** Adds a session's line. After {@linkcode close} it is posted at once. */
  record(record: SessionRecord): void {
    this.#lines += `${this.#format(record)}\n`;
    this.#count++;
    if (this.#closed || this.#lines.length >= this.#flushLength) {
      this.flush();
    } else if (this.#timer === undefined && this.#flushIntervalMs > 0) {
      this.#timer = setTimeout(() => this.flush(), this.#flushIntervalMs);
    }
  }

  /** Posts what waits. */
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

  /** Posts what waits, and lets nothing wait from now on. */
  close(): void {
    this.#closed = true;
    this.flush();
  }
}
