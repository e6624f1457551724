/**
 * What was thrown, for logging a defect: the stack trace of an error, or any other value as text.
 */
export function traceOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
