import { DEFAULT_PREFIX_LENGTHS } from "../base/client_prefix.ts";
import { escapedText } from "./escaped_text.ts";
import { healthCheck } from "./health_check.ts";
import {
  DAY,
  type Key,
  KIBIBYTE,
  type ListenerOptions,
  MEBIBYTE,
  MINUTE,
  MOST_SESSIONS,
  SECOND,
} from "./key.ts";
import { ALGORITHM_NAMES, ENGINE_NAMES, ON_DOWN_NAMES, PROXY_PROTOCOL_NAMES } from "./settings.ts";
import { byteSize, choice, count, duration, percent, rate, toggle } from "./value_type.ts";

/**
 * The keys that are allowed in `[options]` and in `[options KEY]`, by the settings that they set.
 */
export const LISTENER_KEYS = {
  algorithm: {
    name: "algorithm",
    type: choice(ALGORITHM_NAMES),
    default: "weighted_round_robin",
    doc: "How a backend is chosen for a new session.",
    reloadable: true,
  },
  engine: {
    name: "engine",
    type: choice(ENGINE_NAMES),
    default: "auto",
    doc:
      "How bytes are relayed: `streams` works everywhere; `auto` uses the fastest engine available.",
    reloadable: false,
  },
  bufferSize: {
    name: "buffer_size",
    type: byteSize({ min: 512, max: 16 * MEBIBYTE }),
    default: 16 * KIBIBYTE,
    doc: "How many bytes one direction of a session reads at a time. A larger buffer costs more " +
      "memory per session; a direction that moves bulk data borrows a larger one automatically.",
    reloadable: true,
    suspect: (bytes) =>
      bytes < KIBIBYTE ? "is small: every read and write carries few bytes" : undefined,
  },
  connectTimeoutMs: {
    name: "connect_timeout",
    type: duration({ min: 1, max: 10 * MINUTE }),
    default: 5 * SECOND,
    doc: "How long a backend may take to accept a connection before the next one is tried.",
    reloadable: true,
  },
  idleTimeoutMs: {
    name: "idle_timeout",
    type: duration({ min: 0, max: 30 * DAY, zero: "never" }),
    default: 10 * MINUTE,
    doc: "How long a session may go without a byte moving in either direction before it is closed.",
    reloadable: true,
  },
  firstByteTimeoutMs: {
    name: "first_byte_timeout",
    type: duration({ min: 0, max: 30 * DAY, zero: "never" }),
    default: 0,
    doc:
      "How long a client may take to send its first byte before it is disconnected. Leave it off " +
      "for protocols in which the server speaks first.",
    reloadable: true,
  },
  halfCloseTimeoutMs: {
    name: "half_close_timeout",
    type: duration({ min: 0, max: 30 * DAY, zero: "forever" }),
    default: MINUTE,
    doc: "How long one direction of a session may be idle after the other has ended.",
    reloadable: true,
  },
  sessionTimeoutMs: {
    name: "session_timeout",
    type: duration({ min: 0, max: 365 * DAY, zero: "no limit" }),
    default: 0,
    doc: "The maximum lifetime of a session, however busy it is.",
    reloadable: true,
  },
  retries: {
    name: "retries",
    type: count({ min: 0, max: 100 }),
    default: 3,
    doc: "How many more backends a session tries after failing to connect to the first.",
    reloadable: true,
  },
  maxConnections: {
    name: "max_connections",
    type: count({ min: 0, max: MOST_SESSIONS, zero: "no limit" }),
    default: 0,
    doc: "How many sessions a listener may have at once, across all workers; any more are closed.",
    reloadable: true,
  },
  maxConnectionsPerClient: {
    name: "max_connections_per_client",
    type: count({ min: 0, max: MOST_SESSIONS, zero: "no limit" }),
    default: 0,
    doc: "How many sessions one client may have at once, across all workers.",
    reloadable: true,
  },
  connectionRate: {
    name: "connection_rate",
    type: rate({ min: 0, max: MOST_SESSIONS, zero: "no limit" }),
    default: 0,
    doc:
      "How many new sessions a listener accepts per second, with bursts of up to a second's worth.",
    reloadable: true,
  },
  connectionRatePerClient: {
    name: "connection_rate_per_client",
    type: rate({ min: 0, max: MOST_SESSIONS, zero: "no limit" }),
    default: 0,
    doc:
      "How many new sessions one client may open per second, with bursts of up to a second's worth.",
    reloadable: true,
  },
  clientPrefixV4: {
    name: "client_prefix_v4",
    type: count({ min: 1, max: 32 }),
    default: DEFAULT_PREFIX_LENGTHS.v4,
    doc:
      "How many leading bits of an IPv4 address identify a client, for the limits above and for " +
      "the blame for resets. Beyond about 65,000 clients at once, additional clients share the " +
      "limits of their network, whose prefix is 16 bits shorter.",
    reloadable: true,
  },
  clientPrefixV6: {
    name: "client_prefix_v6",
    type: count({ min: 1, max: 128 }),
    default: DEFAULT_PREFIX_LENGTHS.v6,
    doc: "The same for IPv6, where one machine usually has a whole /64.",
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
    doc: "How many clients of a listener may wait for a backend, across all workers.",
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
} satisfies { readonly [S in keyof ListenerOptions]: Key<ListenerOptions[S]> };
