import { adminAddress } from "./admin_address.ts";
import { DAY, type GlobalOptions, type Key, MINUTE, SECOND, SHORTEST_TOKEN } from "./key.ts";
import { accessLogFormat } from "./log_template.ts";
import { LOG_FORMAT_NAMES, LOG_LEVEL_NAMES } from "./settings.ts";
import { choice, count, duration, freeText, orWord, toggle } from "./value_type.ts";

/** What someone writes who thinks of a switch, or of a stream, rather than of a file. */
const SWITCH_WORD = /^(?:on|off?|yes|no|true|false|none|null|[01]|stdout|stderr)$/i;

/** The keys that stand in `[options]` only, by the settings that they give. */
export const GLOBAL_KEYS = {
  workers: {
    name: "workers",
    type: orWord(count({ min: 1, max: 64 }), "auto"),
    default: "auto",
    doc: "How many threads accept and relay connections; `auto` takes one for each processor core.",
    reloadable: false,
  },
  drainTimeoutMs: {
    name: "drain_timeout",
    type: duration({ min: 0, max: DAY, zero: "close at once" }),
    default: 30 * SECOND,
    doc: "How long a shutdown waits for open sessions to finish before it closes them.",
    reloadable: true,
  },
  closeSpreadMs: {
    name: "close_spread",
    type: duration({ min: 0, max: DAY, zero: "all at once" }),
    default: 0,
    doc: "Over how long the sessions that are left after `drain_timeout` are closed, " +
      "so that their clients do not all come back at once.",
    reloadable: true,
  },
  bindRetryMs: {
    name: "bind_retry",
    type: duration({ min: 0, max: 60 * MINUTE, zero: "fail at once" }),
    default: 0,
    doc: "How long a start keeps trying to bind addresses that are still in use.",
    reloadable: false,
  },
  shutdownDelayMs: {
    name: "shutdown_delay",
    type: duration({ min: 0, max: DAY, zero: "none" }),
    default: 0,
    doc: "How long a shutdown goes on serving new sessions while it already says that it is " +
      "not ready, so that whoever balances over several Weirs can turn away.",
    reloadable: true,
  },
  watch: {
    name: "watch",
    type: toggle(),
    default: false,
    doc: "Whether a change of the file is applied at once (1), or on SIGHUP only (0).",
    reloadable: true,
  },
  logLevel: {
    name: "log_level",
    type: choice(LOG_LEVEL_NAMES),
    default: "info",
    doc: "The least severe messages that are logged.",
    reloadable: true,
  },
  logFormat: {
    name: "log_format",
    type: choice(LOG_FORMAT_NAMES),
    default: "text",
    doc: "Whether log lines are for people (`text`) or for programs (`json`).",
    reloadable: true,
  },
  accessLog: {
    name: "access_log",
    type: freeText("off, - (standard output), or a path"),
    default: "off",
    doc:
      "Where one line for each session goes once it has ended: a file in a folder that is there, " +
      "and no named pipe, whose reader Weir would have to wait for.",
    reloadable: true,
    suspect: (path) => {
      const isSwitch = path !== "off" && SWITCH_WORD.test(path);
      return isSwitch
        ? 'is taken for a file: expected "off", "-" for standard output, or a path'
        : suspectQuotes(path);
    },
  },
  accessLogFormat: {
    name: "access_log_format",
    type: accessLogFormat(),
    default: "auto",
    doc: "How such a line is written. In a template `%name` stands for a field, such as " +
      "`%client %backend %bytes_in`, and `%%` for a percent sign.",
    reloadable: true,
  },
  admin: {
    name: "admin",
    type: adminAddress(),
    default: "off",
    doc: "Where the admin API and the dashboard are found. Any address but loopback or a Unix " +
      "socket needs `admin_token_file`.",
    reloadable: false,
  },
  adminTokenFile: {
    name: "admin_token_file",
    type: freeText("a path"),
    default: "",
    doc: "A file with the tokens that the admin API asks for, one in a line: `TOKEN` may do " +
      `everything, \`read TOKEN\` may only look. Each has ${SHORTEST_TOKEN} characters or more. It is ` +
      "read again when it changes.",
    reloadable: false,
    suspect: suspectQuotes,
  },
} satisfies { readonly [S in keyof GlobalOptions]: Key<GlobalOptions[S]> };

function suspectQuotes(path: string): string | undefined {
  const isQuoted = /^(["'`]).*\1$/.test(path);
  return isQuoted
    ? "has quotation marks around it: they are taken for a part of the path"
    : undefined;
}
