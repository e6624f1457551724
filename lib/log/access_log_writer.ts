/** What the access log is written to. */
export interface LogFile {
  /** Writes at least one byte and tells how many. */
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

export interface AccessLogWriterOptions {
  /** Bytes that may wait to be written; what comes on top is dropped. @default {8388608} */
  readonly capacityBytes?: number;
  /** How long after a failed write the next is tried. @default {1000} */
  readonly retryMs?: number;
  /** Hears of every failure to reopen, and of the first in a row to write; must not throw. */
  readonly onError?: (error: Error) => void;
  /** Hears that writing works again, and how many lines were dropped meanwhile; must not throw. */
  readonly onRecovered?: (droppedLines: number) => void;
  /** Opens the path to append to it. @default {openLogFile} */
  readonly openFile?: (path: string) => Promise<LogFile>;
}

type Entry =
  | { readonly kind: "lines"; readonly bytes: Uint8Array; readonly count: number }
  | { readonly kind: "reopen"; readonly done: () => void };

/** Opens a file to append to, making it where there is none; `-` is standard output. */
export async function openLogFile(path: string): Promise<LogFile> {
  if (path === "-") {
    return { write: (bytes) => Deno.stdout.write(bytes), close: () => {} };
  }
  return await Deno.open(path, { append: true, create: true });
}

/**
 * The main thread's side of the access log, and the only one that writes it.
 *
 * Lines wait in memory, at most `capacityBytes`, while an earlier write is under way, so that a slow
 * or a full disk never holds up sessions. A failed write is tried again and again; what does not fit
 * meanwhile is dropped and counted.
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
  /** How much of the queue's first entry is written already. */
  #writtenBytes = 0;
  #dropped = 0;
  #failing = false;
  #droppedBefore = 0;
  #closed = false;
  /** Settles when the queue has been worked off. */
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
   * @param path The file, appended to and made where there is none; `-` is standard output.
   * @throws {Error} where it cannot be opened.
   */
  static async open(path: string, options: AccessLogWriterOptions = {}): Promise<AccessLogWriter> {
    const file = await (options.openFile ?? openLogFile)(path);
    return new AccessLogWriter(path, file, options);
  }

  /** Lines that were given up since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Bytes that wait to be written. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Takes whole lines with their line breaks, `count` of them; returns at once. */
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
   * Opens the path anew, as logrotate wants after a rename: lines taken before go to the old file,
   * later ones to the new one. Where the old file cannot be written any more, what waits goes to
   * the new one. Resolves when the new file is in use; where it cannot be opened, `onError` hears
   * of it and the old one stays.
   */
  async reopen(): Promise<void> {
    if (this.#closed || this.#path === "-") return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#enqueue({ kind: "reopen", done: resolve });
    this.#endPause?.();
    await promise;
  }

  /**
   * Writes what waits and closes the file. Where that fails or takes longer than `timeoutMs`, the
   * lines that are left count as dropped.
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
      // In the same step that found the queue empty: an entry in between would wait for the next.
      this.#isWorking = false;
    }
  }

  /** Writes the first entry of the queue out, or as much of it as can be. Tells whether to go on. */
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
    // A close that ran out of patience has emptied the queue meanwhile.
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
      if (count === 0) throw new Error("Cannot write the access log: no byte was taken");
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
   * Lets a waiting reopen overtake the lines before it, because their file takes none: a deleted
   * file on a full disk frees its space only once it is closed. Tells whether there was one.
   */
  #bringReopenForward(): boolean {
    const index = this.#queue.findIndex((entry) => entry.kind === "reopen");
    if (index < 0) return false;
    const first = this.#queue[0];
    if (first?.kind === "lines") this.#cutToLineStart(first);
    this.#queue.unshift(...this.#queue.splice(index, 1));
    return true;
  }

  /** Takes off what is written of an entry, but not of its last line: the new file gets it whole. */
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
