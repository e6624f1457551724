/** What the access log is written to. */
export interface LogFile {
  /** Writes at least one byte and returns the number of bytes written. */
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

export interface AccessLogWriterOptions {
  /**
   * The maximum number of bytes that wait to be written; lines beyond it are dropped. @default
   * {8388608}
   */
  readonly capacityBytes?: number;
  /** The time between a failed write and the next attempt. @default {1000} */
  readonly retryMs?: number;
  /**
   * Called for every failure to reopen, and for the first of several consecutive failures to write;
   * must not throw.
   */
  readonly onError?: (error: Error) => void;
  /**
   * Called when writing works again, with the number of lines dropped meanwhile; must not throw.
   */
  readonly onRecovered?: (droppedLines: number) => void;
  /** Opens the path for appending. @default {openLogFile} */
  readonly openFile?: (path: string) => Promise<LogFile>;
}

type Entry =
  | { readonly kind: "lines"; readonly bytes: Uint8Array; readonly count: number }
  | { readonly kind: "reopen"; readonly done: () => void };

/** Opens a file for appending, creating it if necessary; `-` is standard output. */
export async function openLogFile(path: string): Promise<LogFile> {
  if (path === "-") {
    return { write: (bytes) => Deno.stdout.write(bytes), close: () => {} };
  }
  return await Deno.open(path, { append: true, create: true });
}

/**
 * The main thread's side of the access log, and the only one that writes to it.
 *
 * Lines wait in memory, up to `capacityBytes`, while an earlier write is in progress, so a slow or
 * full disk never delays sessions. A failed write is retried until it succeeds; lines that do not
 * fit meanwhile are dropped and counted.
 */
export class AccessLogWriter {
  readonly #path: string;
  readonly #capacityBytes: number;
  readonly #retryMs: number;
  readonly #onError: (error: Error) => void;
  readonly #onRecovered: (droppedLines: number) => void;
  readonly #openFile: (path: string) => Promise<LogFile>;
  readonly #encoder = new TextEncoder();
  readonly #queue: Entry[] = [];
  #file: LogFile;
  #queuedBytes = 0;
  /** How much of the first entry in the queue has been written. */
  #writtenBytes = 0;
  #dropped = 0;
  #failing = false;
  #droppedBefore = 0;
  #closed = false;
  /** Settles when the queue is empty. */
  #working: Promise<void> = Promise.resolve();
  #isWorking = false;
  #endPause: (() => void) | undefined;

  private constructor(path: string, file: LogFile, options: AccessLogWriterOptions) {
    this.#path = path;
    this.#file = file;
    this.#capacityBytes = options.capacityBytes ?? 8 * 1024 * 1024;
    this.#retryMs = options.retryMs ?? 1000;
    this.#onError = options.onError ?? (() => {});
    this.#onRecovered = options.onRecovered ?? (() => {});
    this.#openFile = options.openFile ?? openLogFile;
  }

  /**
   * Opens the access log.
   *
   * @param path The file, which is appended to, and created if necessary; `-` is standard output.
   * @throws {Error} if it cannot be opened.
   */
  static async open(path: string, options: AccessLogWriterOptions = {}): Promise<AccessLogWriter> {
    const file = await (options.openFile ?? openLogFile)(path);
    return new AccessLogWriter(path, file, options);
  }

  /** The number of lines dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The number of bytes waiting to be written. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Queues whole lines with their line breaks, `count` of them; returns immediately. */
  write(lines: string, count: number): void {
    const bytes = this.#encoder.encode(lines);
    if (this.#closed || this.#queuedBytes + bytes.length > this.#capacityBytes) {
      this.#dropped += count;
      return;
    }
    this.#queuedBytes += bytes.length;
    this.#enqueue({ kind: "lines", bytes, count });
  }

  /**
   * Reopens the path, as logrotate requires after a rename: lines queued before go to the old file,
   * later ones to the new file. If the old file can no longer be written, the waiting lines go to
   * the new one. Resolves when the new file is in use; if it cannot be opened, `onError` is called
   * and the old file stays in use.
   */
  async reopen(): Promise<void> {
    if (this.#closed || this.#path === "-") return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#enqueue({ kind: "reopen", done: resolve });
    this.#endPause?.();
    await promise;
  }

  /**
   * Writes the waiting lines and closes the file. If that fails or takes longer than `timeoutMs`,
   * the remaining lines count as dropped.
   */
  async close(timeoutMs = 5000): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#endPause?.();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    await Promise.race([this.#working, promise]);
    clearTimeout(timer);
    this.#giveUp();
    this.#file.close();
  }

  #enqueue(entry: Entry): void {
    this.#queue.push(entry);
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#working = this.#workOff();
  }

  async #workOff(): Promise<void> {
    try {
      for (let entry = this.#queue[0]; entry !== undefined; entry = this.#queue[0]) {
        if (!await this.#workOffFirst(entry)) return;
      }
    } finally {
      // In the same synchronous step that found the queue empty: an entry added in between would
      // wait for the next one.
      this.#isWorking = false;
    }
  }

  /**
   * Writes the first entry of the queue, or as much of it as possible. Returns whether to continue.
   */
  async #workOffFirst(entry: Entry): Promise<boolean> {
    try {
      if (entry.kind === "reopen") await this.#switchFile();
      else await this.#writeOut(entry.bytes);
    } catch (error) {
      if (entry.kind === "lines") {
        this.#report(error);
        if (this.#closed) return false;
        if (!this.#bringReopenForward()) await this.#pause();
        return true;
      }
      this.#onError(toError(error));
    }
    // A close that timed out may have emptied the queue meanwhile.
    if (this.#queue[0] !== entry) return false;
    this.#queue.shift();
    this.#writtenBytes = 0;
    if (entry.kind === "reopen") entry.done();
    else this.#queuedBytes -= entry.bytes.length;
    return true;
  }

  async #writeOut(bytes: Uint8Array): Promise<void> {
    while (this.#writtenBytes < bytes.length) {
      const count = await this.#file.write(bytes.subarray(this.#writtenBytes));
      if (count === 0) throw new Error("Cannot write the access log: no byte was written");
      this.#writtenBytes += count;
    }
    if (!this.#failing) return;
    this.#failing = false;
    this.#onRecovered(this.#dropped - this.#droppedBefore);
  }

  async #switchFile(): Promise<void> {
    const file = await this.#openFile(this.#path);
    if (this.#queue.length === 0) {
      file.close();
      return;
    }
    this.#file.close();
    this.#file = file;
  }

  /**
   * Moves a waiting reopen ahead of the lines before it, because their file cannot be written: a
   * deleted file on a full disk frees its space only once it is closed. Returns whether there was
   * one.
   */
  #bringReopenForward(): boolean {
    const index = this.#queue.findIndex((entry) => entry.kind === "reopen");
    if (index < 0) return false;
    const first = this.#queue[0];
    if (first?.kind === "lines") this.#cutToLineStart(first);
    this.#queue.unshift(...this.#queue.splice(index, 1));
    return true;
  }

  /**
   * Removes the lines of an entry that are written, but not a partly written line: the new file
   * gets that one whole.
   */
  #cutToLineStart(entry: { readonly bytes: Uint8Array; readonly count: number }): void {
    if (this.#writtenBytes === 0) return;
    const start = entry.bytes.lastIndexOf(0x0a, this.#writtenBytes - 1) + 1;
    const bytes = entry.bytes.subarray(start);
    const writtenLines = countLines(entry.bytes.subarray(0, start));
    this.#queuedBytes -= start;
    this.#writtenBytes = 0;
    this.#queue[0] = { kind: "lines", bytes, count: entry.count - writtenLines };
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#retryMs);
    this.#endPause = resolve;
    await promise;
    clearTimeout(timer);
    this.#endPause = undefined;
  }

  #report(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#droppedBefore = this.#dropped;
    this.#onError(toError(error));
  }

  #giveUp(): void {
    const first = this.#queue[0];
    if (first?.kind === "lines") this.#cutToLineStart(first);
    for (const entry of this.#queue.splice(0)) {
      if (entry.kind === "reopen") entry.done();
      else this.#dropped += entry.count;
    }
    this.#queuedBytes = 0;
  }
}

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte === 0x0a) count++;
  return count;
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
