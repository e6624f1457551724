import type { Command, Flag } from "../command.ts";
import { COMMANDS } from "./command_table.ts";

/** The flags that stand before a command, or alone. */
export const GLOBAL_FLAGS: readonly Flag[] = [
  { name: "help", summary: "Print this help; after a command, the help of that command" },
  { name: "help-config", summary: "Describe every key of the configuration file" },
  { name: "version", summary: "Print the version" },
];

/** What `--help` prints. */
export function formatHelp(): string {
  return [
    "Weir, a TCP load balancer",
    "",
    "Usage:",
    ...table(COMMANDS.map((command) => [`weir ${command.usage}`, command.summary])),
    "",
    "Flags:",
    ...table(GLOBAL_FLAGS.map((flag) => [`--${flag.name}`, flag.summary])),
    "",
    "Exit status: 0 success, 1 failed or refused, 2 wrong usage or configuration, 3 no Weir reached.",
    "",
  ].join("\n");
}

/** What `COMMAND --help` prints. */
export function formatCommandHelp(command: Command): string {
  const flags: Flag[] = [...command.flags, { name: "help", summary: "Print this help" }];
  return [
    command.summary,
    "",
    "Usage:",
    `  weir ${command.usage}`,
    "",
    ...command.details,
    "",
    "Flags:",
    ...table(flags.map((flag) => [writeFlag(flag), flag.summary])),
    "",
  ].join("\n");
}

function writeFlag({ name, value }: Flag): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
