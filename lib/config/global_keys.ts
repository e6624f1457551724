import { adminAddress } from "./admin_address.ts";
import { includePattern } from "./include_pattern.ts";
import {
  DAY,
  type GlobalOptions,
  type Key,
  MINUTE,
  MOST_WORKERS,
  SECOND,
  SHORTEST_TOKEN,
} from "./key.ts";
import { accessLogFormat } from "./log_template.ts";
import { LOG_FORMAT_NAMES, LOG_LEVEL_NAMES } from "./settings.ts";
import { choice, count, duration, freeText, orWord, toggle } from "./value_type.ts";

/** Values of someone who expects a switch, or the name of a stream, instead of a path. */
const SWITCH_WORD = /^(?:on|off?|yes|no|true|false|none|null|[01]|stdout|stderr)$/i;

/** The keys that are allowed in `[options]` only, by the settings that they set. */
export const GLOBAL_KEYS = {
  include: {
    name: "include",
    type: includePattern(),
    default: "",
    doc:
      "Files with more listeners, such as `conf.d/*.cfg`, relative to this file. They are read " +
      "in the order of their names, and have no `[options]` of their own.",
    reloadable: true,
    suspect: suspectQuotes,
  },
  workers: {
    name: "workers",
    type: orWord(count({ min: 1, max: MOST_WORKERS }), "auto"),
    default: "auto",
    doc:
      "How many threads accept and relay connections, for each engine in use; `auto` means one " +
      "per processor core. A reload that lowers it lets the surplus finish as in a shutdown.",
    reloadable: true,
  },
  drainTimeoutMs: {
    name: "drain_timeout",
    type: duration({ min: 0, max: DAY, zero: "close at once" }),
    default: 30 * SECOND,
    doc: "How long a shutdown waits for active sessions to finish before closing them.",
    reloadable: true,
  },
  closeSpreadMs: {
    name: "close_spread",
    type: duration({ min: 0, max: DAY, zero: "all at once" }),
    default: 0,
    doc: "The time over which the sessions left after `drain_timeout` are closed, so that their " +
      "clients do not all reconnect at once.",
    reloadable: true,
  },
  bindRetryMs: {
    name: "bind_retry",
    type: duration({ min: 0, max: 60 * MINUTE, zero: "fail at once" }),
    default: 0,
    doc: "How long Weir keeps trying, at startup, to bind addresses that are still in use.",
    reloadable: false,
  },
  shutdownDelayMs: {
    name: "shutdown_delay",
    type: duration({ min: 0, max: DAY, zero: "none" }),
    default: 0,
    doc: "How long a shutdown keeps accepting sessions while `/readyz` already fails, so that an " +
      "upstream load balancer can stop sending traffic first.",
    reloadable: true,
  },
  watch: {
    name: "watch",
    type: toggle(),
    default: false,
    doc:
      "Whether a change to the file, or to one that it includes, is applied immediately (1) or " +
      "only on SIGHUP (0).",
    reloadable: true,
  },
  logLevel: {
    name: "log_level",
    type: choice(LOG_LEVEL_NAMES),
    default: "info",
    doc: "The lowest severity to log.",
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
    doc: "Where to write a line for each session when it ends: standard output, or a file in an " +
      "existing folder. It cannot be a named pipe: Weir would have to wait for its reader.",
    reloadable: true,
    suspect: (path) => {
      const isSwitch = path !== "off" && SWITCH_WORD.test(path);
      return isSwitch
        ? 'is taken as a path: expected "off", "-" for standard output, or a path'
        : suspectQuotes(path);
    },
  },
  accessLogFormat: {
    name: "access_log_format",
    type: accessLogFormat(),
    default: "auto",
    doc:
      "The format of these lines. In a template, such as `%client %backend %bytes_in`, `%name` " +
      "stands for a field, and `%%` for a percent sign.",
    reloadable: true,
  },
  admin: {
    name: "admin",
    type: adminAddress(),
    default: "off",
    doc:
      "Where the admin API and the dashboard listen. Any address other than loopback or a Unix " +
      "socket requires `admin_token_file`.",
    reloadable: false,
  },
  adminTokenFile: {
    name: "admin_token_file",
    type: freeText("a path"),
    default: "",
    doc: "A file with the tokens that the admin API accepts, one per line: `TOKEN` grants full " +
      "access, `read TOKEN` read access only. A token has at least " +
      `${SHORTEST_TOKEN} characters. The file is reread when it changes.`,
    reloadable: false,
    suspect: suspectQuotes,
  },
} satisfies { readonly [S in keyof GlobalOptions]: Key<GlobalOptions[S]> };

function suspectQuotes(path: string): string | undefined {
  const isQuoted = /^(["'`]).*\1$/.test(path);
  return isQuoted ? "is in quotation marks: they are taken as part of the path" : undefined;
}
