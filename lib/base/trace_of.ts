/** What was thrown, for a log that is to find a defect: an error's stack trace, or its text. */
export function traceOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
