import { counted } from "../base/counted.ts";
import { AccessLogWriter, type AccessLogWriterOptions } from "../log/access_log_writer.ts";
import { loggerFor } from "../log/logging.ts";

/** An access log that is open and not in use yet. Must be put into use or discarded. */
export interface OpenedAccessLog {
  /** Starts writing to it; resolves once the previous log has been flushed. */
  use(): Promise<void>;
  /** Closes it; the previous log stays in use. */
  discard(): Promise<void>;
}

/**
 * The access log in use, if any: workers' lines go to it, also across reloads that change its path.
 */
export class AccessLogOwner {
  readonly #options: AccessLogWriterOptions;
  #path = "off";
  #writer: AccessLogWriter | undefined;
  #droppedBefore = 0;

  constructor(options: AccessLogWriterOptions = {}) {
    const logger = loggerFor("access");
    this.#options = {
      onError: ({ message }) => {
        logger.error("Could not write the access log: {message}", { message });
      },
      onRecovered: (lines) => {
        const dropped = `${counted(lines, "line")} ${lines === 1 ? "was" : "were"} dropped`;
        logger.warn("The access log is written again; {dropped}", { dropped, lines });
      },
      ...options,
    };
  }

  /** Lines dropped since the start. */
  get dropped(): number {
    return this.#droppedBefore + (this.#writer?.dropped ?? 0);
  }

  /**
   * Switches to a path, to standard output for `-`, or to nothing for `off`. If opening the file
   * throws, the error is passed on and nothing has changed.
   */
  async use(path: string): Promise<void> {
    await (await this.open(path)).use();
  }

  /**
   * Opens a path, or nothing for `off`, as the first of two steps: other things that may fail can
   * be tried before the second. Throws what opening the file throws.
   */
  async open(path: string): Promise<OpenedAccessLog> {
    if (path === this.#path) {
      return {
        use: () => Promise.resolve(),
        discard: () => Promise.resolve(),
      };
    }
    const next = path === "off" ? undefined : await AccessLogWriter.open(path, this.#options);
    return {
      use: () => this.#switch(path, next),
      discard: async () => await next?.close(),
    };
  }

  /** Queues `count` complete lines; returns at once. */
  write(lines: string, count: number): void {
    this.#writer?.write(lines, count);
  }

  /** Reopens the file after it was renamed. */
  async reopen(): Promise<void> {
    await this.#writer?.reopen();
  }

  /** Flushes what is queued and closes the log. */
  async close(): Promise<void> {
    await this.#writer?.close();
  }

  async #switch(path: string, next: AccessLogWriter | undefined): Promise<void> {
    const previous = this.#writer;
    this.#writer = next;
    this.#path = path;
    await previous?.close();
    this.#droppedBefore += previous?.dropped ?? 0;
  }
}
