const encoder = new TextEncoder();

/** True after a line was cut off in the middle, so that the next one has to start on a new line. */
let cutOff = false;

/**
 * Writes one or more whole lines to standard error, and returns only when they are written: a line
 * that explains why the process ends must not be lost with it. If standard error is closed or
 * cannot be written, the lines are lost, but Weir never stops because of it.
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
    // There is no place other than the log to report that the log cannot be written.
  }
  if (written > 0) cutOff = written < bytes.length;
}
