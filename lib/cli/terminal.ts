/** Where a command writes: the two output streams, and whether colour is welcome on each. */
export interface Terminal {
  /** Writes results to standard output, as they are: no line end is added. */
  print(text: string): void;
  /** Writes messages to standard error, as they are: no line end is added. */
  printError(text: string): void;
  /** Whether standard output takes colour. */
  readonly color: boolean;
  /** Whether standard error takes colour. */
  readonly errorColor: boolean;
}

/** The terminal of this process. Colour is off where `NO_COLOR` is set or the output is a file. */
export function systemTerminal(): Terminal {
  return {
    print: (text) => writeAll(Deno.stdout, text),
    printError: (text) => writeAll(Deno.stderr, text),
    color: !Deno.noColor && Deno.stdout.isTerminal(),
    errorColor: !Deno.noColor && Deno.stderr.isTerminal(),
  };
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let rest: Uint8Array = new TextEncoder().encode(text);
  try {
    while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
  } catch (error) {
    // Whoever reads the output may stop reading, as `head` does: that is no failure of the command.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
