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

/** The keys that stand in `[options]` and in `[options KEY]`, by the settings that they give. */
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
    doc: "How bytes are relayed: `streams` works everywhere, `auto` uses the fastest that can run.",
    reloadable: false,
  },
  bufferSize: {
    name: "buffer_size",
    type: byteSize({ min: 512, max: 16 * MEBIBYTE }),
    default: 16 * KIBIBYTE,
    doc: "How many bytes one direction of a session reads at a time. More costs more memory per " +
      "session; a direction that moves bulk data borrows a larger buffer by itself.",
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
    doc: "A session is closed when no byte has moved in either direction for this long.",
    reloadable: true,
  },
  firstByteTimeoutMs: {
    name: "first_byte_timeout",
    type: duration({ min: 0, max: 30 * DAY, zero: "never" }),
    default: 0,
    doc: "A client that has sent nothing for this long after connecting is closed. " +
      "Leave it off where the backend speaks first.",
    reloadable: true,
  },
  halfCloseTimeoutMs: {
    name: "half_close_timeout",
    type: duration({ min: 0, max: 30 * DAY, zero: "forever" }),
    default: MINUTE,
    doc: "How long one direction of a session may be silent after the other has ended.",
    reloadable: true,
  },
  sessionTimeoutMs: {
    name: "session_timeout",
    type: duration({ min: 0, max: 365 * DAY, zero: "no limit" }),
    default: 0,
    doc: "The longest lifetime of a session, however busy it is.",
    reloadable: true,
  },
  retries: {
    name: "retries",
    type: count({ min: 0, max: 100 }),
    default: 3,
    doc: "How many further backends a session tries after it failed to connect to the first.",
    reloadable: true,
  },
  maxConnections: {
    name: "max_connections",
    type: count({ min: 0, max: MOST_SESSIONS, zero: "no limit" }),
    default: 0,
    doc:
      "How many sessions a listener may have at once, over all workers; further ones are closed.",
    reloadable: true,
  },
  maxConnectionsPerClient: {
    name: "max_connections_per_client",
    type: count({ min: 0, max: MOST_SESSIONS, zero: "no limit" }),
    default: 0,
    doc: "How many sessions one client may have at once, over all workers.",
    reloadable: true,
  },
  connectionRate: {
    name: "connection_rate",
    type: rate({ min: 0, max: MOST_SESSIONS, zero: "no limit" }),
    default: 0,
    doc: "How many new sessions a listener accepts per second; a second's worth may come at once.",
    reloadable: true,
  },
  connectionRatePerClient: {
    name: "connection_rate_per_client",
    type: rate({ min: 0, max: MOST_SESSIONS, zero: "no limit" }),
    default: 0,
    doc: "How many new sessions one client may start per second; " +
      "a second's worth may come at once.",
    reloadable: true,
  },
  clientPrefixV4: {
    name: "client_prefix_v4",
    type: count({ min: 1, max: 32 }),
    default: DEFAULT_PREFIX_LENGTHS.v4,
    doc:
      "How many leading bits of an IPv4 address identify a client, for the limits above and for " +
      "the blame for resets. Beyond about 65,000 clients at once, further ones share the limits " +
      "of their network, whose prefix is 16 bits shorter.",
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
    doc: "How long a client waits for a place when every backend that is up is full.",
    reloadable: true,
  },
  maxQueue: {
    name: "max_queue",
    type: count({ min: 0, max: MOST_SESSIONS }),
    default: 1000,
    doc: "How many clients of a listener may wait, over all workers.",
    reloadable: true,
  },
  abortOnClose: {
    name: "abort_on_close",
    type: toggle(),
    default: false,
    doc: "Whether a waiting client that has sent something and half-closed is dropped (1), " +
      "or still wants its answer (0). One that closed without a byte, or reset, is dropped anyway.",
    reloadable: true,
  },
  healthCheck: {
    name: "health_check",
    type: healthCheck(),
    default: { kind: "tcp" },
    doc:
      "How backends are probed: by a connection (`tcp`), a request (`http:/path`, which expects " +
      "a status of 200 to 399, or `http:/path=204`), or by `health_send` and `health_expect`.",
    reloadable: true,
  },
  healthSend: {
    name: "health_send",
    type: escapedText(),
    default: "",
    doc: "What a `send_expect` check sends. It may contain a password, so Weir shows it nowhere.",
    secret: true,
    reloadable: true,
  },
  healthExpect: {
    name: "health_expect",
    type: escapedText(),
    default: "",
    doc: "What the answer to a `send_expect` check must contain.",
    reloadable: true,
  },
  healthIntervalMs: {
    name: "health_interval",
    type: duration({ min: 50, max: DAY }),
    default: 2 * SECOND,
    doc: "The time between two checks of a backend; a quarter of it while its state is in doubt.",
    reloadable: true,
  },
  healthTimeoutMs: {
    name: "health_timeout",
    type: duration({ min: 1, max: 10 * MINUTE }),
    default: SECOND,
    doc: "A check that takes longer fails.",
    reloadable: true,
  },
  healthRise: {
    name: "health_rise",
    type: count({ min: 1, max: 1000 }),
    default: 2,
    doc: "How many passed checks in a row bring a backend up.",
    reloadable: true,
  },
  healthFall: {
    name: "health_fall",
    type: count({ min: 1, max: 1000 }),
    default: 3,
    doc: "How many failed checks in a row bring a backend down.",
    reloadable: true,
  },
  healthPort: {
    name: "health_port",
    type: count({ min: 0, max: 65535, zero: "the backend's own" }),
    default: 0,
    doc: "The port to check. A check of a port other than the backend's own ends no ejection.",
    reloadable: true,
  },
  maxFails: {
    name: "max_fails",
    type: count({ min: 0, max: 1000, zero: "never" }),
    default: 3,
    doc: "How many sessions in a row have to fail, by a failed connection or by a reset that the " +
      "backend is to blame for, to eject it for a while.",
    reloadable: true,
  },
  failTimeoutMs: {
    name: "fail_timeout",
    type: duration({ min: 1, max: DAY }),
    default: 10 * SECOND,
    doc: "How long the first ejection lasts. The second in a row lasts twice as long, the third " +
      "three times, up to 5 minutes; then one session tries the backend.",
    reloadable: true,
  },
  maxEjectedPercent: {
    name: "max_ejected",
    type: percent({ min: 0, max: 100 }),
    default: 50,
    doc: "The share of a listener's backends that may be ejected at once; never the last one.",
    reloadable: true,
  },
  slowStartMs: {
    name: "slow_start",
    type: duration({ min: 0, max: DAY, zero: "off" }),
    default: 0,
    doc: "The time over which the weight of a backend that comes back rises.",
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
    doc: "Which version of the PROXY header tells the backends the client's address.",
    reloadable: true,
  },
  preResolve: {
    name: "pre_resolve_workers",
    type: toggle(),
    default: true,
    doc: "Whether the host names of backends are resolved once, when the file is loaded (1), " +
      "or every 30 seconds (0). A name that does not resolve is tried again until it does.",
    reloadable: true,
  },
  resolveIntervalMs: {
    name: "resolve",
    type: duration({ min: 0, max: DAY, zero: "as `pre_resolve_workers` says" }),
    default: 0,
    doc: "How often host names are resolved again. Each of their addresses is then a backend, " +
      "and they share the weight.",
    reloadable: true,
  },
  allowEmpty: {
    name: "allow_empty",
    type: toggle(),
    default: false,
    doc: "Whether a listener none of whose backends' names resolve starts, closing its clients " +
      "until one does (1), or is an error (0).",
    reloadable: true,
  },
} satisfies { readonly [S in keyof ListenerOptions]: Key<ListenerOptions[S]> };
