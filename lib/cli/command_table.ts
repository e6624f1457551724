import { ADMIN_DETAILS, ADMIN_FLAGS } from "./admin_flags.ts";
import type { Command, Operand } from "./command.ts";

const BACKEND: Operand = { name: "BACKEND", what: "a backend" };

const BACKEND_DETAILS: readonly string[] = [
  "BACKEND is its name, such as 127.0.0.1:8080, at every listener that has it, or LISTENER/NAME.",
  ...ADMIN_DETAILS,
];

const JSON_FLAG = { name: "json", summary: "Print the answer of Weir as JSON" };

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
    usage: "check CONFIG [--resolve]",
    summary: "Check a configuration file and print what it means",
    details: [
      "Nothing is started, and no address is bound. The files that it names are looked at, and not",
      "changed: the access log, the tokens, and the socket of the admin API.",
    ],
    flags: [
      {
        name: "resolve",
        summary: "Look up the names of backends too, and warn of those without address",
      },
      { name: "json", summary: "Print the settings and the diagnostics as JSON" },
    ],
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
  {
    name: "top",
    usage: "top [ADMIN]",
    summary: "Watch a running Weir, and steer its backends",
    details: [
      "ADMIN is the address, as --admin takes it.",
      "Where the output is no terminal, what is to be seen is printed once as plain text.",
      ...ADMIN_DETAILS,
    ],
    flags: ADMIN_FLAGS,
    operands: [{ name: "ADMIN", what: "an address", optional: true }],
    load: async () => (await import("./commands/top.ts")).top,
  },
  {
    name: "status",
    usage: "status [--all | --json]",
    summary: "Print how a running Weir is; fails unless all of it is ready",
    details: ADMIN_DETAILS,
    flags: [
      { name: "all", summary: "List every problem, not only the first 10" },
      JSON_FLAG,
      ...ADMIN_FLAGS,
    ],
    operands: [],
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    name: "drain",
    usage: "drain BACKEND",
    summary: "Give a backend no new sessions; those that it has go on",
    details: BACKEND_DETAILS,
    flags: ADMIN_FLAGS,
    operands: [BACKEND],
    load: async () => (await import("./commands/drain.ts")).drain,
  },
  {
    name: "ready",
    usage: "ready BACKEND",
    summary: "Give a backend sessions again",
    details: BACKEND_DETAILS,
    flags: ADMIN_FLAGS,
    operands: [BACKEND],
    load: async () => (await import("./commands/ready.ts")).ready,
  },
  {
    name: "weight",
    usage: "weight BACKEND N",
    summary: "Change a backend's weight, 0 to 256",
    details: BACKEND_DETAILS,
    flags: ADMIN_FLAGS,
    operands: [BACKEND, { name: "N", what: "a weight from 0 to 256" }],
    load: async () => (await import("./commands/weight.ts")).weight,
  },
  {
    name: "sessions",
    usage: "sessions [--json]",
    summary: "List the sessions of a running Weir, newest first",
    details: ADMIN_DETAILS,
    flags: [
      { name: "listener", value: "KEY", summary: "Only those of this listener" },
      { name: "backend", value: "NAME", summary: "Only those with this backend" },
      { name: "client", value: "IP", summary: "Only those of this client" },
      { name: "limit", value: "N", summary: "At most so many; 100 where it is left out" },
      JSON_FLAG,
      ...ADMIN_FLAGS,
    ],
    operands: [],
    load: async () => (await import("./commands/sessions.ts")).sessions,
  },
  {
    name: "reload",
    usage: "reload",
    summary: "Make a running Weir read its configuration again",
    details: ADMIN_DETAILS,
    flags: ADMIN_FLAGS,
    operands: [],
    load: async () => (await import("./commands/reload.ts")).reload,
  },
];

/** Finds a command by its name. */
export function findCommand(name: string): Command | undefined {
  return COMMANDS.find((command) => command.name === name);
}
