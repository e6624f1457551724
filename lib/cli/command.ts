import type { WorkerUrls } from "../supervisor/worker_urls.ts";
import type { Terminal } from "./terminal.ts";

/** What main.ts knows and lib/ does not: where the program's own files are. */
export interface Entry {
  readonly workerUrls: WorkerUrls;
  /** The folder of main.ts, with a slash at its end. */
  readonly projectFolder: URL;
}

/** A flag of a command; all flags are switches without a value. */
export interface Flag {
  /** Without the two dashes. */
  readonly name: string;
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
  /** Loads the code of the command, which is only done when it runs. */
  readonly load: () => Promise<CommandBody>;
}

/** Runs a command and gives the exit status of the process. */
export type CommandBody = (inputs: CommandInputs) => Promise<number>;

/** What a command is run with. */
export interface CommandInputs {
  /** The configuration file, as named on the command line. */
  readonly file: string;
  /** The names of the flags that were given. */
  readonly flags: ReadonlySet<string>;
  readonly entry: Entry;
  readonly terminal: Terminal;
}
