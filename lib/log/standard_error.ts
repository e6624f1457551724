const encoder = new TextEncoder();

/** True after a line was cut off in its middle, so that the next one has to start afresh. */
let cutOff = false;

/**
 * Writes one or several whole lines to standard error, and returns only when they are written: a
 * line that explains why the process ends must not be lost with it. A standard error that is closed
 * or takes nothing more loses the lines, and never stops Weir.
 */
export function writeStandardError(lines: string): void {
  const bytes = encoder.encode(cutOff ? `\n${lines}` : lines);
  let written = 0;
  try {
    while (written < bytes.length) {
      const count = Deno.stderr.writeSync(bytes.subarray(written));
      if (count === 0) break;
      written += count;
    }
  } catch {
    // There is no better place to report that the log cannot be written than the log.
  }
  if (written > 0) cutOff = written < bytes.length;
}
