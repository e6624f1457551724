import { OutputError } from "../exit_status.ts";

/** Where a command writes: the two output streams, and whether each of them supports colour. */
export interface Terminal {
  /**
   * Writes results to standard output unchanged: no line break is added.
   *
   * @throws {OutputError} if they cannot be written, unless the reader has closed the pipe
   */
  print(text: string): void;
  /** Writes messages to standard error unchanged: no line break is added. Never throws. */
  printError(text: string): void;
  /** Whether standard output supports colour. */
  readonly color: boolean;
  /** Whether standard error supports colour. */
  readonly errorColor: boolean;
}

/**
 * The terminal of this process. Colour is off if `NO_COLOR` is set or the output is not a terminal.
 */
export function systemTerminal(): Terminal {
  return {
    print: (text) => {
      try {
        writeAll(Deno.stdout, text);
      } catch (error) {
        throw new OutputError(error);
      }
    },
    printError: (text) => {
      try {
        writeAll(Deno.stderr, text);
      } catch {
        // There is nowhere left to report it; the exit status still shows the failure.
      }
    },
    color: !Deno.noColor && Deno.stdout.isTerminal(),
    errorColor: !Deno.noColor && Deno.stderr.isTerminal(),
  };
}

/**
 * Writes a whole text, in as many pieces as the stream needs. A reader that has closed the pipe is
 * not a failure.
 *
 * @throws any other error of the stream
 */
export function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let rest: Uint8Array = new TextEncoder().encode(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(stream.writeSync(rest));
    } catch (error) {
      // The reader of the output may stop reading, as `head` does: that is not a failure of the
      // command.
      if (error instanceof Deno.errors.BrokenPipe) return;
      // A full pipe throws if another process has made it non-blocking: its reader will make room.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
    }
  }
}
