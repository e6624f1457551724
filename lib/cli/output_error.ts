import { messageOf } from "../base/message_of.ts";

/** Standard output cannot be written; its disk may be full, for example. */
export class OutputError extends Error {
  override readonly name = "OutputError";

  constructor(cause: unknown) {
    super(`cannot write to standard output: ${messageOf(cause)}`, { cause });
  }
}
