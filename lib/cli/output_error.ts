import { messageOf } from "../base/message_of.ts";

/** Standard output does not take what a command prints: its disk may be full. */
export class OutputError extends Error {
  override readonly name = "OutputError";

  constructor(cause: unknown) {
    super(`cannot write to standard output: ${messageOf(cause)}`, { cause });
  }
}
