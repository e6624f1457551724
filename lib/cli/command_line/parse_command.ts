import { parseArgs } from "@std/cli/parse-args";
import { closestWord } from "../../base/closest_word.ts";
import { quote } from "../../config/quote.ts";
import { STANDARD_INPUT } from "../../config/standard_input.ts";
import type { Command, Flag } from "../command.ts";
import { UsageError } from "../exit_status.ts";
import { COMMANDS, findCommand } from "./command_table.ts";
import { GLOBAL_FLAGS } from "./help.ts";

/** What a command line requests. */
export type Request =
  | { readonly kind: "help" }
  | { readonly kind: "help-config" }
  | { readonly kind: "version" }
  | { readonly kind: "command help"; readonly command: Command }
  | {
    readonly kind: "command";
    readonly command: Command;
    /** Empty if the command takes no file. */
    readonly file: string;
    readonly operands: readonly string[];
    readonly flags: ReadonlySet<string>;
    readonly values: ReadonlyMap<string, string>;
  };

/** Whether a file of that name exists; called only if a word may be a mistyped command. */
export type FileExists = (path: string) => boolean;

/**
 * Parses the arguments of the command line.
 *
 * @throws {UsageError} for unknown flags and commands, for a missing file, for extra arguments
 */
export function parseCommand(args: readonly string[], fileExists: FileExists): Request {
  const end = args.findIndex((arg) => !arg.startsWith("-") || arg === "--" || arg === "-");
  const [flagArgs, rest] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end)];
  const { flags } = split(flagArgs, GLOBAL_FLAGS);
  if (flags.has("help")) return { kind: "help" };
  if (flags.has("help-config")) return { kind: "help-config" };
  if (flags.has("version")) return { kind: "version" };
  const [first] = rest;
  if (first === undefined) throw new UsageError("missing command or configuration file");
  const command = findCommand(first);
  if (command !== undefined) return parseArguments(command, rest.slice(1));
  if (first !== "--" && first !== STANDARD_INPUT) rejectMistypedCommand(first, fileExists);
  return parseArguments(findCommand("start") as Command, rest);
}

function parseArguments(command: Command, args: readonly string[]): Request {
  const known = [...command.flags, { name: "help", summary: "" }];
  const { flags, values, words } = split(args, known, command.name);
  if (flags.has("help")) return { kind: "command help", command };
  if (command.operands === undefined) {
    const file = oneFile(command, words);
    return { kind: "command", command, file, operands: [], flags, values };
  }
  const missing = command.operands[words.length];
  if (missing !== undefined && missing.optional !== true) {
    throw new UsageError(`"${command.name}" needs ${missing.what}`, command.name);
  }
  const extra = words[command.operands.length];
  if (extra !== undefined) {
    const takes = command.operands.map(({ name }) => name).join(" ");
    throw new UsageError(
      `unexpected argument ${quote(extra)}: "${command.name}" takes ` +
        (takes === "" ? "none" : `only ${takes}`),
      command.name,
    );
  }
  return { kind: "command", command, file: "", operands: words, flags, values };
}

function oneFile(command: Command, words: readonly string[]): string {
  const [file = command.defaultFile, extra] = words;
  if (file === undefined || file === "") {
    throw new UsageError(`"${command.name}" needs a configuration file`, command.name);
  }
  if (extra !== undefined) {
    throw new UsageError(
      `unexpected argument ${quote(extra)}: "${command.name}" takes one configuration file`,
      command.name,
    );
  }
  return file;
}

function split(
  args: readonly string[],
  known: readonly Flag[],
  command = "",
): { flags: Set<string>; values: Map<string, string>; words: string[] } {
  const switches = known.filter((flag) => flag.value === undefined).map((flag) => flag.name);
  const valued = known.filter((flag) => flag.value !== undefined);
  rejectValues(args, switches, command);
  const parsed = parseArgs(args, {
    boolean: switches,
    string: ["_", ...valued.map((flag) => flag.name)],
    alias: { h: "help" },
    unknown: (arg, key) => {
      if (key === undefined) return true;
      throw new UsageError(unknownFlag(arg, known, command), command);
    },
  });
  const values = new Map<string, string>();
  for (const { name, value } of valued) {
    const given = parsed[name];
    if (given === undefined) continue;
    if (typeof given !== "string" || given === "") {
      throw new UsageError(`flag "--${name}" needs a value: --${name} ${value}`, command);
    }
    values.set(name, given);
  }
  const flags = new Set(switches.filter((name) => parsed[name] === true));
  return { flags, values, words: parsed._.map(String) };
}

// The parser reads "--json=yes please" as "--json", and ignores "--json=false": rejecting every
// value is better than guessing.
function rejectValues(args: readonly string[], switches: readonly string[], command: string): void {
  for (const arg of args) {
    if (arg === "--") break;
    const name = /^--([^=]+)=/.exec(arg)?.[1];
    if (name !== undefined && switches.includes(name)) {
      throw new UsageError(`flag "--${name}" takes no value, found ${quote(arg)}`, command);
    }
  }
}

/** @param command The command that the flag follows; empty if it comes before one. */
function unknownFlag(arg: string, known: readonly Flag[], command: string): string {
  const name = arg.replace(/^-+/, "").replace(/=.*$/s, "");
  const hasIt = ({ flags }: { readonly flags: readonly Flag[] }) =>
    flags.some((flag) => flag.name === name);
  const owner = command === "" ? COMMANDS.find(hasIt) : undefined;
  if (owner !== undefined) {
    return `flag "--${name}" follows its command, as in "weir ${owner.name} --${name}"`;
  }
  if (command !== "" && hasIt({ flags: GLOBAL_FLAGS })) {
    return `flag "--${name}" is used without a command: "weir --${name}"`;
  }
  const closest = closestWord(name, known.map((flag) => flag.name));
  const hint = closest === undefined ? "" : `; did you mean "--${closest}"?`;
  return `unknown flag ${quote(arg)}${hint}`;
}

function rejectMistypedCommand(word: string, fileExists: FileExists): void {
  if (/[./\\]/.test(word) || fileExists(word)) return;
  const flags = GLOBAL_FLAGS.map((flag) => `--${flag.name}`);
  const closest = closestWord(word, [...COMMANDS.map((command) => command.name), ...flags]);
  const hint = closest === undefined
    ? ", and there is no configuration file of that name"
    : `; did you mean "${closest}"?`;
  throw new UsageError(`unknown command ${quote(word)}${hint}`);
}
