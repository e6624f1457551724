import { addressList } from "./address_list.ts";
import { escapedText } from "./escaped_text.ts";
import { healthCheck } from "./health_check.ts";
import { DAY, type Key, MINUTE, MOST_SESSIONS, type PoolOptions, SECOND } from "./key.ts";
import { ALGORITHM_NAMES, ON_DOWN_NAMES, PROXY_PROTOCOL_NAMES } from "./settings.ts";
import { choice, count, duration, percent, toggle } from "./value_type.ts";

/** The keys of a pool, by the settings that they set. */
export const POOL_KEYS = {
  algorithm: {
    name: "algorithm",
    type: choice(ALGORITHM_NAMES),
    default: "weighted_round_robin",
    doc: "How a backend is chosen for a new session.",
    reloadable: true,
  },
  connectTimeoutMs: {
    name: "connect_timeout",
    type: duration({ min: 1, max: 10 * MINUTE }),
    default: 5 * SECOND,
    doc: "How long a backend may take to accept a connection before the next one is tried.",
    reloadable: true,
  },
  retries: {
    name: "retries",
    type: count({ min: 0, max: 100 }),
    default: 3,
    doc: "How many more backends a session tries after failing to connect to the first.",
    reloadable: true,
  },
  queueTimeoutMs: {
    name: "queue_timeout",
    type: duration({ min: 0, max: DAY, zero: "close at once" }),
    default: 0,
    doc: "How long a client waits for a backend when all that are up are full.",
    reloadable: true,
  },
  maxQueue: {
    name: "max_queue",
    type: count({ min: 0, max: MOST_SESSIONS }),
    default: 1000,
    doc: "How many clients may wait for a backend of the pool, across all workers.",
    reloadable: true,
  },
  maxSessions: {
    name: "max_sessions",
    type: count({ min: 0, max: MOST_SESSIONS, zero: "no limit" }),
    default: 0,
    doc: "How many sessions the backends of a pool may have at once in total, from all listeners " +
      "and across all workers; then clients wait as if every backend were full.",
    reloadable: true,
  },
  abortOnClose: {
    name: "abort_on_close",
    type: toggle(),
    default: false,
    doc:
      "Whether a waiting client that half-closes after sending data is dropped (1) or kept, as it " +
      "may still want its answer (0). One that closes without sending a byte, or resets, is always " +
      "dropped.",
    reloadable: true,
  },
  healthCheck: {
    name: "health_check",
    type: healthCheck(),
    default: { kind: "tcp" },
    doc:
      "How backends are probed: by connecting (`tcp`), by an HTTP request (`http:/path`, which " +
      "expects a status of 200 to 399, or `http:/path=204`), or by `health_send` and " +
      "`health_expect` (`send_expect`).",
    reloadable: true,
  },
  healthSend: {
    name: "health_send",
    type: escapedText(),
    default: "",
    doc: "What a `send_expect` check sends. It may contain a password, so Weir never displays it.",
    secret: true,
    reloadable: true,
  },
  healthExpect: {
    name: "health_expect",
    type: escapedText(),
    default: "",
    doc: "What the response to a `send_expect` check must contain.",
    reloadable: true,
  },
  healthIntervalMs: {
    name: "health_interval",
    type: duration({ min: 50, max: DAY }),
    default: 2 * SECOND,
    doc: "The time between two checks of a backend; a quarter of that while its state is in doubt.",
    reloadable: true,
  },
  healthTimeoutMs: {
    name: "health_timeout",
    type: duration({ min: 1, max: 10 * MINUTE }),
    default: SECOND,
    doc: "A check that takes longer than this fails.",
    reloadable: true,
  },
  healthRise: {
    name: "health_rise",
    type: count({ min: 1, max: 1000 }),
    default: 2,
    doc: "How many consecutive passed checks bring a backend up.",
    reloadable: true,
  },
  healthFall: {
    name: "health_fall",
    type: count({ min: 1, max: 1000 }),
    default: 3,
    doc: "How many consecutive failed checks take a backend down.",
    reloadable: true,
  },
  healthPort: {
    name: "health_port",
    type: count({ min: 0, max: 65535, zero: "the backend's own" }),
    default: 0,
    doc: "The port to check. Checks of any port but the backend's own never end an ejection.",
    reloadable: true,
  },
  agentPort: {
    name: "agent_check",
    type: count({ min: 0, max: 65535, zero: "off" }),
    default: 0,
    doc:
      "The port of an agent on each backend's host, which is asked every `health_interval` and " +
      "answers with HAProxy's words: `up`, `down`, `fail`, `stopped`, `ready`, `drain`, `maint`, " +
      "`75%` (of the weight) and `maxconn:30`. No answer changes nothing.",
    reloadable: true,
  },
  maxFails: {
    name: "max_fails",
    type: count({ min: 0, max: 1000, zero: "never" }),
    default: 3,
    doc:
      "How many consecutive sessions have to fail, by a failed connection or by a reset that the " +
      "backend is blamed for, for it to be ejected temporarily.",
    reloadable: true,
  },
  failTimeoutMs: {
    name: "fail_timeout",
    type: duration({ min: 1, max: DAY }),
    default: 10 * SECOND,
    doc: "How long the first ejection lasts. The second in a row lasts twice as long, the third " +
      "three times, up to 5 minutes. After an ejection, one session tries the backend.",
    reloadable: true,
  },
  maxEjectedPercent: {
    name: "max_ejected",
    type: percent({ min: 0, max: 100 }),
    default: 50,
    doc: "The share of a listener's backends that may be ejected at once. The last one never is.",
    reloadable: true,
  },
  slowStartMs: {
    name: "slow_start",
    type: duration({ min: 0, max: DAY, zero: "off" }),
    default: 0,
    doc: "The time over which a backend that comes back is raised to its full weight.",
    reloadable: true,
  },
  onDown: {
    name: "on_down",
    type: choice(ON_DOWN_NAMES),
    default: "keep",
    doc: "What happens to the sessions of a backend that goes down.",
    reloadable: true,
  },
  proxyProtocol: {
    name: "proxy_protocol",
    type: choice(PROXY_PROTOCOL_NAMES),
    default: "off",
    doc: "The version of the PROXY header that passes the client's address to the backends.",
    reloadable: true,
  },
  sourceAddresses: {
    name: "source_address",
    type: addressList(),
    default: [],
    doc:
      "The local addresses that connections to backends come from; several take turns, each with " +
      "its own 64,000 ports to every backend. With `auto`, the system chooses. `native` only; health " +
      "checks do not use them.",
    reloadable: true,
  },
  preResolve: {
    name: "pre_resolve_workers",
    type: toggle(),
    default: true,
    doc:
      "Whether the host names of backends are resolved once, when the file is loaded (1), or every " +
      "30 seconds (0). A name that does not resolve is retried until it does.",
    reloadable: true,
  },
  resolveIntervalMs: {
    name: "resolve",
    type: duration({ min: 0, max: DAY, zero: "as `pre_resolve_workers` says" }),
    default: 0,
    doc:
      "How often host names are resolved again. Each address of a name is then a backend, and they " +
      "share its weight.",
    reloadable: true,
  },
  allowEmpty: {
    name: "allow_empty",
    type: toggle(),
    default: false,
    doc: "Whether a listener starts although none of its backends' names resolve, and closes its " +
      "clients until one does (1), or this is an error (0).",
    reloadable: true,
  },
} satisfies { readonly [S in keyof PoolOptions]: Key<PoolOptions[S]> };
