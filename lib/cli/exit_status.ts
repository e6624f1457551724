import { messageOf } from "../base/message_of.ts";

/** The exit statuses of every command. */
export const EXIT_STATUS = {
  done: 0,
  /**
   * It failed to start, or while running; a running Weir refused, or it or one of its listeners is
   * not ready.
   */
  failed: 1,
  /** The command line or the configuration is invalid. */
  wrongUsage: 2,
  /** No Weir can be reached at its address. */
  unreachable: 3,
} as const;

/** An invalid command line: the message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** The command to show help for, or the empty string for the program. */
  readonly command: string;

  constructor(message: string, command = "") {
    super(message);
    this.command = command;
  }
}

/** Standard output cannot be written; its disk may be full, for example. */
export class OutputError extends Error {
  override readonly name = "OutputError";

  constructor(cause: unknown) {
    super(`cannot write to standard output: ${messageOf(cause)}`, { cause });
  }
}
