/** Standard output does not take what a command prints: its disk may be full. */
export class OutputError extends Error {
  override readonly name = "OutputError";

  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`cannot write to standard output: ${reason}`, { cause });
  }
}
