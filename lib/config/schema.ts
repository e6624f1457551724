import {
  ALGORITHM_NAMES,
  type BackendSettings,
  ENGINE_NAMES,
  type ListenerSettings,
  LOG_FORMAT_NAMES,
  LOG_LEVEL_NAMES,
  PROXY_PROTOCOL_NAMES,
  type Settings,
} from "./settings.ts";
import { byteSize, choice, count, duration, freeText, orWord, toggle } from "./value_type.ts";
import type { ValueType } from "./value_type.ts";

/** The values of the keys that hold for the whole program. */
export type GlobalOptions =
  & Omit<Settings, "file" | "workers" | "listeners">
  & { readonly workers: number | "auto" };

/** The values of the keys that hold for a listener. */
export type ListenerOptions = Omit<ListenerSettings, "key" | "address" | "backends">;

/** The values of the flags that may follow a backend's address. */
export type BackendFlags = Omit<BackendSettings, "name" | "address" | "candidates" | "weight">;

/** A key of the configuration file. */
export interface Key<T> {
  /** As written in the file. */
  readonly name: string;
  readonly type: ValueType<T>;
  readonly default: T;
  /** One or two sentences for the reference. */
  readonly doc: string;
  /** Whether a reload applies a change, or only a restart does. */
  readonly reloadable: boolean;
  /** Says what is suspicious about an allowed value, to follow the quoted value. */
  suspect?(value: T): string | undefined;
}

/** A flag of a backend: a word alone (then its value is true), or `name=value` with a `type`. */
export interface BackendFlag<T> {
  /** As written in the file. */
  readonly name: string;
  readonly type?: ValueType<T>;
  readonly default: T;
  /** One or two sentences for the reference. */
  readonly doc: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
const MOST_SESSIONS = 1_000_000;

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
    doc: "Where one line for each session goes once it has ended.",
    reloadable: true,
  },
} satisfies { readonly [S in keyof GlobalOptions]: Key<GlobalOptions[S]> };

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
    type: choice(ENGINE_NAMES, { unavailable: ["native"] }),
    default: "auto",
    doc: "How bytes are moved: `streams` works everywhere, `auto` takes the fastest that can run.",
    reloadable: false,
  },
  bufferSize: {
    name: "buffer_size",
    type: byteSize({ min: 512, max: 16 * MEBIBYTE }),
    default: 16 * KIBIBYTE,
    doc: "How many bytes one direction of a session reads at a time. " +
      "More is faster for bulk data, and takes more memory for each session.",
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
    doc: "A session in which no byte moves for this long is closed.",
    reloadable: true,
  },
  retries: {
    name: "retries",
    type: count({ min: 0, max: 100 }),
    default: 3,
    doc: "How many further backends a session tries after one could not be reached.",
    reloadable: true,
  },
  maxConnections: {
    name: "max_connections",
    type: count({ min: 0, max: MOST_SESSIONS, zero: "no limit" }),
    default: 0,
    doc: "How many sessions a listener has at once, over all workers; further ones are closed.",
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
      "or at every connection (0).",
    reloadable: true,
  },
} satisfies { readonly [S in keyof ListenerOptions]: Key<ListenerOptions[S]> };

/** The flags of a backend, by the settings that they give. */
export const BACKEND_FLAGS = {
  backup: {
    name: "backup",
    default: false,
    doc: "Takes sessions only while no other backend can.",
  },
  maxConnections: {
    name: "max_connections",
    type: count({ min: 0, max: MOST_SESSIONS, zero: "no limit" }),
    default: 0,
    doc: "How many sessions the backend has at once, over all workers.",
  },
} satisfies { readonly [S in keyof BackendFlags]: BackendFlag<BackendFlags[S]> };

/** Where a key may stand: `global` in `[options]` only, `listener` in `[options KEY]` as well. */
export type Scope = "global" | "listener";

/** A key of either table, with its type forgotten, for those who treat all alike. */
export interface KnownKey extends Key<unknown> {
  /** The setting that the key gives. */
  readonly setting: string;
  readonly scope: Scope;
}

/** A flag with its type forgotten. */
export interface KnownFlag extends BackendFlag<unknown> {
  /** The setting that the flag gives. */
  readonly setting: string;
}

/** Every key, in the order of the reference. */
export const KNOWN_KEYS: readonly KnownKey[] = [
  ...listKeys(GLOBAL_KEYS, "global"),
  ...listKeys(LISTENER_KEYS, "listener"),
];

/** Every flag, in the order of the reference. */
export const KNOWN_FLAGS: readonly KnownFlag[] = Object.entries(BACKEND_FLAGS)
  .map(([setting, flag]) => ({ ...flag, setting }));

function listKeys(keys: Readonly<Record<string, Key<unknown>>>, scope: Scope): KnownKey[] {
  return Object.entries(keys).map(([setting, key]) => ({ ...key, setting, scope }));
}
