import type { Command, Flag, Operand } from "../command.ts";

/** The flags of every command that asks a running Weir. */
const ADMIN_FLAGS: readonly Flag[] = [
  {
    name: "admin",
    value: "ADDRESS",
    summary: "The address of the admin API: 127.0.0.1:24000, or the path of a Unix socket",
  },
  {
    name: "config",
    value: "FILE",
    summary: "Take the address and the token file from this configuration file",
  },
  { name: "token-file", value: "FILE", summary: "A file with the token, if Weir requires one" },
];

/** What the help text of every such command says about them. */
const ADMIN_DETAILS: readonly string[] = [
  "Without --admin and --config, the address is 127.0.0.1:24000.",
  "Exit status: 0 success, 1 refused or not ready, 2 wrong usage, 3 Weir cannot be reached.",
];

const BACKEND: Operand = { name: "BACKEND", what: "a backend" };

const BACKEND_DETAILS: readonly string[] = [
  "BACKEND is a name, such as 127.0.0.1:8080, for every pool that has it, or POOL/NAME. The pool of",
  "an entry in [mappings] has the name of its key: 24003/127.0.0.1:8080.",
  ...ADMIN_DETAILS,
];

const JSON_FLAG = { name: "json", summary: "Print Weir's response as JSON" };

/**
 * Every command, in the order in which the help text lists them.
 *
 * The paths of the imports are literal, so that a compiled binary contains the commands.
 */
export const COMMANDS: readonly Command[] = [
  {
    name: "start",
    usage: "[start] CONFIG",
    summary: "Run Weir with a configuration file, until SIGINT or SIGTERM",
    details: [
      "The word start is optional: weir setup.cfg. With - as CONFIG, standard input is read, and",
      "the configuration cannot be reloaded.",
      "The first signal gives active sessions drain_timeout to finish; a second one ends them at once.",
    ],
    flags: [],
    load: async () => (await import("../commands/start.ts")).start,
  },
  {
    name: "check",
    usage: "check CONFIG [--resolve]",
    summary: "Check a configuration file and show how it is interpreted",
    details: [
      "Nothing is started, and no address is bound. The files that it names are checked but not",
      "changed: the access log, the token file, and the admin API's socket. With - as CONFIG,",
      "standard input is read.",
    ],
    flags: [
      {
        name: "resolve",
        summary: "Also look up the names of backends, and warn about those without an address",
      },
      { name: "json", summary: "Print the settings and the diagnostics as JSON" },
    ],
    load: async () => (await import("../commands/check.ts")).check,
  },
  {
    name: "demo",
    usage: "demo [CONFIG]",
    summary: "Start small HTTP backends with Weir in front of them",
    details: [
      "CONFIG defaults to setup.cfg. Its backends have to be on loopback.",
      "They serve connections that begin with Weir's PROXY header, and answer all others with 403.",
    ],
    flags: [],
    defaultFile: "setup.cfg",
    load: async () => (await import("../commands/demo.ts")).demo,
  },
  {
    name: "top",
    usage: "top [ADMIN]",
    summary: "Watch a running Weir and control its backends",
    details: [
      "ADMIN is the address, in the form that --admin takes.",
      "If the output is not a terminal, the view is printed once as plain text.",
      ...ADMIN_DETAILS,
    ],
    flags: ADMIN_FLAGS,
    operands: [{ name: "ADMIN", what: "an address", optional: true }],
    load: async () => (await import("../commands/top.ts")).top,
  },
  {
    name: "status",
    usage: "status [--all | --json]",
    summary: "Print the state of a running Weir; fails unless all of it is ready",
    details: ADMIN_DETAILS,
    flags: [
      { name: "all", summary: "List every problem, not only the first 10" },
      JSON_FLAG,
      ...ADMIN_FLAGS,
    ],
    operands: [],
    load: async () => (await import("../commands/status.ts")).status,
  },
  {
    name: "drain",
    usage: "drain BACKEND",
    summary: "Send no new sessions to a backend; existing ones continue",
    details: BACKEND_DETAILS,
    flags: ADMIN_FLAGS,
    operands: [BACKEND],
    load: async () => (await import("../commands/steering.ts")).drain,
  },
  {
    name: "ready",
    usage: "ready BACKEND",
    summary: "Send sessions to a backend again",
    details: BACKEND_DETAILS,
    flags: ADMIN_FLAGS,
    operands: [BACKEND],
    load: async () => (await import("../commands/steering.ts")).ready,
  },
  {
    name: "weight",
    usage: "weight BACKEND N",
    summary: "Change the weight of a backend, 0 to 256",
    details: BACKEND_DETAILS,
    flags: ADMIN_FLAGS,
    operands: [BACKEND, { name: "N", what: "a weight from 0 to 256" }],
    load: async () => (await import("../commands/steering.ts")).weight,
  },
  {
    name: "sessions",
    usage: "sessions [--json]",
    summary: "List the sessions of a running Weir, newest first",
    details: ADMIN_DETAILS,
    flags: [
      { name: "listener", value: "KEY", summary: "Only sessions of this listener" },
      { name: "pool", value: "NAME", summary: "Only sessions of this pool" },
      { name: "backend", value: "NAME", summary: "Only sessions on this backend" },
      { name: "client", value: "IP", summary: "Only sessions of this client" },
      { name: "limit", value: "N", summary: "The most sessions to list; 100 by default" },
      JSON_FLAG,
      ...ADMIN_FLAGS,
    ],
    operands: [],
    load: async () => (await import("../commands/sessions.ts")).sessions,
  },
  {
    name: "reload",
    usage: "reload",
    summary: "Make a running Weir reload its configuration",
    details: ADMIN_DETAILS,
    flags: ADMIN_FLAGS,
    operands: [],
    load: async () => (await import("../commands/reload.ts")).reload,
  },
];

/** Finds a command by its name. */
export function findCommand(name: string): Command | undefined {
  return COMMANDS.find((command) => command.name === name);
}
