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
