import { DEFAULT_PREFIX_LENGTHS } from "../base/client_prefix.ts";
import {
  DAY,
  type Key,
  KIBIBYTE,
  type ListenerOptions,
  MEBIBYTE,
  MINUTE,
  MOST_SESSIONS,
} from "./key.ts";
import { ENGINE_NAMES } from "./settings.ts";
import { byteSize, choice, count, duration, rate } from "./value_type.ts";

/** The keys of a listener, by the settings that they set. */
export const LISTENER_KEYS = {
  engine: {
    name: "engine",
    type: choice(ENGINE_NAMES),
    default: "auto",
    doc:
      "How bytes are relayed: `streams` works everywhere; `auto` uses the fastest engine available.",
    reloadable: true,
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
} satisfies { readonly [S in keyof ListenerOptions]: Key<ListenerOptions[S]> };
