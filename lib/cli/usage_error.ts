/** A command line that does not make sense: its message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** What to ask for help with: a command's name, or the empty string for the program. */
  readonly command: string;

  constructor(message: string, command = "") {
    super(message);
    this.command = command;
  }
}
