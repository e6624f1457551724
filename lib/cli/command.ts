import type { WorkerUrls } from "../supervisor/worker_urls.ts";
import type { Terminal } from "./terminal.ts";

/** What main.ts knows and lib/ does not: where the program's own files are. */
export interface Entry {
  readonly workerUrls: WorkerUrls;
  /** The folder of main.ts, with a slash at its end. */
  readonly projectFolder: URL;
}

/** A flag of a command: a switch, or with a value. */
export interface Flag {
  /** Without the two dashes. */
  readonly name: string;
  /** What stands for the value in the help text, such as `FILE`; a switch has none. */
  readonly value?: string;
  /** One line for the help text. */
  readonly summary: string;
}

/** One command of the command line, as the help text and the parser see it. */
export interface Command {
  readonly name: string;
  /** What to type, without the program's name. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Further lines for the command's own help text. */
  readonly details: readonly string[];
  readonly flags: readonly Flag[];
  /** The configuration file that is read when none is named; without it, one must be named. */
  readonly defaultFile?: string;
  /** What the command takes in place of a configuration file, in this order. */
  readonly operands?: readonly Operand[];
  /** Loads the code of the command, which is only done when it runs. */
  readonly load: () => Promise<CommandBody>;
}

/** A word that a command takes. */
export interface Operand {
  /** As the usage has it. */
  readonly name: string;
  /** What it is, for the message that it is missing: `a backend`. */
  readonly what: string;
  readonly optional?: true;
}

/** Runs a command and gives the exit status of the process. */
export type CommandBody = (inputs: CommandInputs) => Promise<number>;

/** What a command is run with. */
export interface CommandInputs {
  /** The configuration file, as named on the command line; empty where the command takes none. */
  readonly file: string;
  /** The words that the command takes in place of a file, as they were typed. */
  readonly operands: readonly string[];
  /** The names of the flags that were given. */
  readonly flags: ReadonlySet<string>;
  /** The values of the flags that have one, by their names. */
  readonly values: ReadonlyMap<string, string>;
  readonly entry: Entry;
  readonly terminal: Terminal;
}
