import { OutputError } from "./output_error.ts";

/** Where a command writes: the two output streams, and whether colour is welcome on each. */
export interface Terminal {
  /**
   * Writes results to standard output, as they are: no line end is added.
   *
   * @throws {OutputError} where they cannot be written, and not because nobody reads them
   */
  print(text: string): void;
  /** Writes messages to standard error, as they are: no line end is added. Never throws. */
  printError(text: string): void;
  /** Whether standard output takes colour. */
  readonly color: boolean;
  /** Whether standard error takes colour. */
  readonly errorColor: boolean;
}

/** The terminal of this process. Colour is off where `NO_COLOR` is set or the output is a file. */
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
        // There is nowhere left to say so; the exit status still tells.
      }
    },
    color: !Deno.noColor && Deno.stdout.isTerminal(),
    errorColor: !Deno.noColor && Deno.stderr.isTerminal(),
  };
}

/**
 * Writes all of a text, in as many pieces as the stream takes. A reader that has gone is no failure.
 *
 * @throws what else the stream throws
 */
export function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let rest: Uint8Array = new TextEncoder().encode(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(stream.writeSync(rest));
    } catch (error) {
      // Whoever reads the output may stop reading, as `head` does: that is no failure of the command.
      if (error instanceof Deno.errors.BrokenPipe) return;
      // A pipe that is full refuses, where another process has made it non-blocking: its reader will
      // make room.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
    }
  }
}
