import type { Flag } from "../command.ts";

/** The flags of every command that asks a running Weir. */
export const ADMIN_FLAGS: readonly Flag[] = [
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
export const ADMIN_DETAILS: readonly string[] = [
  "Without --admin and --config, the address is 127.0.0.1:24000.",
  "Exit status: 0 success, 1 refused or not ready, 2 wrong usage, 3 Weir cannot be reached.",
];
