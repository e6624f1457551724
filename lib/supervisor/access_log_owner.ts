import { counted } from "../base/counted.ts";
import { AccessLogWriter, type AccessLogWriterOptions } from "../log/access_log_writer.ts";
import { loggerFor } from "../log/logging.ts";

/** An access log that is open and not in use yet. Has to be taken into use or discarded. */
export interface OpenedAccessLog {
  /** Writes there from now on; resolves when the one before is written out. */
  use(): Promise<void>;
  /** Closes it: the one before stays in use. */
  discard(): Promise<void>;
}

/**
 * The access log that is in use, if one is: what workers' lines go to, through reloads that change
 * where it is written.
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

  /** Lines that were given up since the start. */
  get dropped(): number {
    return this.#droppedBefore + (this.#writer?.dropped ?? 0);
  }

  /**
   * Writes to a path from now on, to standard output for `-`, or to nothing for `off`. Throws what
   * opening the file throws; everything is as before then.
   */
  async use(path: string): Promise<void> {
    await (await this.open(path)).use();
  }

  /**
   * Opens a path, or nothing for `off`, as the first of two steps: whatever else has to be tried
   * before the second one may fail. Throws what opening the file throws.
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

  /** Takes whole lines, `count` of them; returns at once. */
  write(lines: string, count: number): void {
    this.#writer?.write(lines, count);
  }

  /** Opens the file anew, after it was renamed. */
  async reopen(): Promise<void> {
    await this.#writer?.reopen();
  }

  /** Writes what waits. */
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
