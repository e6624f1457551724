import type { WorkerUrls } from "../supervisor/worker_urls.ts";
import type { Terminal } from "./output/terminal.ts";

/** What only main.ts knows: where the program's own files are. */
export interface Entry {
  readonly workerUrls: WorkerUrls;
  /** The folder of main.ts, with a slash at its end. */
  readonly projectFolder: URL;
}

/** A flag of a command, with or without a value. */
export interface Flag {
  /** Without the two dashes. */
  readonly name: string;
  /**
   * The placeholder for the value in the help text, such as `FILE`; absent if it takes no value.
   */
  readonly value?: string;
  /** One line for the help text. */
  readonly summary: string;
}

/** A command of the command line, as used by the help text and the parser. */
export interface Command {
  readonly name: string;
  /** What to type, without the program's name. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Further lines for the command's own help text. */
  readonly details: readonly string[];
  readonly flags: readonly Flag[];
  /** The configuration file that is read if none is named; if absent, one must be named. */
  readonly defaultFile?: string;
  /** The arguments that the command takes instead of a configuration file, in order. */
  readonly operands?: readonly Operand[];
  /** Loads the code of the command; called only when it runs. */
  readonly load: () => Promise<CommandBody>;
}

/** A positional argument of a command. */
export interface Operand {
  /** As in the usage. */
  readonly name: string;
  /** What it is, for the message if it is missing: `a backend`. */
  readonly what: string;
  readonly optional?: true;
}

/** Runs a command and returns the exit status of the process. */
export type CommandBody = (inputs: CommandInputs) => Promise<number>;

/** The inputs of a command. */
export interface CommandInputs {
  /** The configuration file, as named on the command line; empty if the command takes none. */
  readonly file: string;
  /** The arguments that the command takes instead of a file, as typed. */
  readonly operands: readonly string[];
  /** The names of the flags that were given. */
  readonly flags: ReadonlySet<string>;
  /** The values of the flags that have one, by their names. */
  readonly values: ReadonlyMap<string, string>;
  readonly entry: Entry;
  readonly terminal: Terminal;
}
