import type { Command } from "./command.ts";

/**
 * Every command, in the order in which the help text lists them.
 *
 * The paths of the imports are literal, so that a compiled binary contains the commands.
 */
export const COMMANDS: readonly Command[] = [
  {
    name: "start",
    usage: "[start] CONFIG",
    summary: "Balance as the configuration file says, until SIGINT or SIGTERM",
    details: [
      "The word start may be left out: weir setup.cfg.",
      "The first signal lets the sessions finish for up to drain_timeout; a second one ends at once.",
    ],
    flags: [],
    load: async () => (await import("./commands/start.ts")).start,
  },
  {
    name: "check",
    usage: "check CONFIG [--json]",
    summary: "Check a configuration file and print what it means",
    details: ["Nothing is started, and no address is bound."],
    flags: [{ name: "json", summary: "Print the settings and the diagnostics as JSON" }],
    load: async () => (await import("./commands/check.ts")).check,
  },
  {
    name: "demo",
    usage: "demo [CONFIG]",
    summary: "Start small HTTP backends, and Weir in front of them",
    details: [
      "CONFIG is setup.cfg where none is named. Its backends have to be on loopback.",
      "The backends only answer through Weir: everything else gets 403.",
    ],
    flags: [],
    defaultFile: "setup.cfg",
    load: async () => (await import("./commands/demo.ts")).demo,
  },
];

/** Finds a command by its name. */
export function findCommand(name: string): Command | undefined {
  return COMMANDS.find((command) => command.name === name);
}
