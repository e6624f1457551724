import type { Flag } from "./command.ts";

/** The flags of every command that asks a running Weir. */
export const ADMIN_FLAGS: readonly Flag[] = [
  {
    name: "admin",
    value: "ADDRESS",
    summary: "Where Weir is: 127.0.0.1:24000, or the path of a Unix socket",
  },
  {
    name: "config",
    value: "FILE",
    summary: "Take the address, and the token's file, from this configuration file",
  },
  { name: "token-file", value: "FILE", summary: "A file with the token, where Weir wants one" },
];

/** What the help text of every such command says about them. */
export const ADMIN_DETAILS: readonly string[] = [
  "Weir is looked for at 127.0.0.1:24000 where neither --admin nor --config says otherwise.",
  "Exit status: 0 done, 1 Weir says no, 2 wrong usage, 3 Weir cannot be reached.",
];
