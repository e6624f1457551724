import type { Address } from "../base/address.ts";

/** Every algorithm, in the order in which the documentation presents them. */
export const ALGORITHM_NAMES = [
  "round_robin",
  "weighted_round_robin",
  "random",
  "least_connections",
  "p2c",
  "source_hash",
] as const;
export type AlgorithmName = typeof ALGORITHM_NAMES[number];

export const ENGINE_NAMES = ["auto", "streams", "native"] as const;
/** How a worker is asked to move bytes; `auto` leaves the choice to Weir. */
export type EngineName = typeof ENGINE_NAMES[number];

export const PROXY_PROTOCOL_NAMES = ["off", "v1", "v2"] as const;
/** The PROXY header that a listener writes to its backends before the first byte. */
export type ProxyProtocolName = typeof PROXY_PROTOCOL_NAMES[number];

export const LOG_LEVEL_NAMES = ["debug", "info", "warning", "error"] as const;
export type LogLevelName = typeof LOG_LEVEL_NAMES[number];

export const LOG_FORMAT_NAMES = ["text", "json"] as const;
export type LogFormatName = typeof LOG_FORMAT_NAMES[number];

export const ON_DOWN_NAMES = ["keep", "close"] as const;
/** What happens to the sessions of a backend that is found down. */
export type OnDownName = typeof ON_DOWN_NAMES[number];

export const BACKEND_MODE_NAMES = ["ready", "drain", "maintenance"] as const;
/**
 * What an operator wants of a backend: `drain` takes no new sessions and is still checked,
 * `maintenance` is not even checked.
 */
export type BackendModeName = typeof BACKEND_MODE_NAMES[number];

/** How a backend is probed. */
export type HealthCheck =
  | { readonly kind: "off" }
  /** A connection is enough. */
  | { readonly kind: "tcp" }
  /** A GET request, answered with `status`, or with any of 200 to 399 where that is 0. */
  | { readonly kind: "http"; readonly path: string; readonly status: number }
  /** Sends `health_send` and waits for `health_expect`. */
  | { readonly kind: "send_expect" };

/**
 * The configuration after validation.
 *
 * Invariants: deeply frozen, structured-cloneable, and without contradictions: whoever holds it
 * need not check anything again.
 */
export interface Settings {
  /** The configuration file, as named on the command line. */
  readonly file: string;
  /** How many worker threads run; 1 or more, `auto` is resolved already. */
  readonly workers: number;
  /** How long a shutdown waits for sessions; 0 closes them at once. */
  readonly drainTimeoutMs: number;
  /** Over how long the sessions that are left after it are closed; 0 closes all at once. */
  readonly closeSpreadMs: number;
  /** How long a shutdown goes on serving while it says that it is no longer ready. */
  readonly shutdownDelayMs: number;
  /** How long a start waits for addresses that are still in use; 0 = not at all. */
  readonly bindRetryMs: number;
  /** Whether a change of the file is a reload. */
  readonly watch: boolean;
  readonly logLevel: LogLevelName;
  readonly logFormat: LogFormatName;
  /** `off`, `-` for standard output, or the path of a file. */
  readonly accessLog: string;
  /** `auto` (as `logFormat` says), `text`, `json`, or a template with `%` and names of fields. */
  readonly accessLogFormat: string;
  /** Where the admin API listens: `off`, `127.0.0.1:24000`, or `unix:/path`. */
  readonly admin: string;
  /** The file with the tokens of the admin API; empty where it asks for none. */
  readonly adminTokenFile: string;
  /** One or more, in the order of `[mappings]`. */
  readonly listeners: readonly ListenerSettings[];
  readonly written: WrittenKeys;
}

/** The keys that the file sets; every other value is a default. */
export interface WrittenKeys {
  /** Those in `[options]`. */
  readonly options: readonly string[];
  /** Those in each `[options KEY]`, by the listener's key. */
  readonly overrides: Readonly<Record<string, readonly string[]>>;
}

/** One `[mappings]` entry, with `[options]` and `[options KEY]` applied. */
export interface ListenerSettings {
  /** The key in `[mappings]` as written; it names the listener in logs, metrics and options. */
  readonly key: string;
  /** Where it is bound; `0.0.0.0` where only a port was written. */
  readonly address: Address;
  readonly algorithm: AlgorithmName;
  readonly engine: EngineName;
  /** Bytes that one direction of a session reads at a time. */
  readonly bufferSize: number;
  readonly connectTimeoutMs: number;
  /** A session that moves no byte for this long is closed; 0 = never. */
  readonly idleTimeoutMs: number;
  /** A client that sends nothing for this long after it came is closed; 0 = never. */
  readonly firstByteTimeoutMs: number;
  /** How long one direction may be silent after the other has ended; 0 = for ever. */
  readonly halfCloseTimeoutMs: number;
  /** The longest life of a session; 0 = no limit. */
  readonly sessionTimeoutMs: number;
  /** How many further backends a session tries after a failed connection. */
  readonly retries: number;
  /** Sessions at once over all workers; 0 = no limit. */
  readonly maxConnections: number;
  /** Sessions at once of one client over all workers; 0 = no limit. */
  readonly maxConnectionsPerClient: number;
  /** New sessions a second over all workers; 0 = no limit. */
  readonly connectionRate: number;
  /** New sessions a second of one client over all workers; 0 = no limit. */
  readonly connectionRatePerClient: number;
  /** How many leading bits of an IPv4 address are one client. */
  readonly clientPrefixV4: number;
  /** How many leading bits of an IPv6 address are one client. */
  readonly clientPrefixV6: number;
  /** How long a session may wait for a place where every backend is full; 0 = not at all. */
  readonly queueTimeoutMs: number;
  /** How many sessions may wait so over all workers. */
  readonly maxQueue: number;
  /** Whether a waiting client leaves the queue by a half-close even if it has sent something. */
  readonly abortOnClose: boolean;
  readonly healthCheck: HealthCheck;
  /** What a `send_expect` check sends, one character for each byte. */
  readonly healthSend: string;
  /** What the answer to a `send_expect` check has to contain, one character for each byte. */
  readonly healthExpect: string;
  readonly healthIntervalMs: number;
  readonly healthTimeoutMs: number;
  /** Passed checks in a row that bring a backend up. */
  readonly healthRise: number;
  /** Failed checks in a row that bring a backend down. */
  readonly healthFall: number;
  /** The port that is checked; 0 = the backend's own. */
  readonly healthPort: number;
  /** Failed connections in a row that eject a backend; 0 = never. */
  readonly maxFails: number;
  /** How long the first ejection lasts; the n-th in a row lasts n times as long. */
  readonly failTimeoutMs: number;
  /** The most backends of a pool that may be ejected at once, in percent. */
  readonly maxEjectedPercent: number;
  /** Over how long a backend that comes back takes up its weight; 0 = at once. */
  readonly slowStartMs: number;
  readonly onDown: OnDownName;
  readonly proxyProtocol: ProxyProtocolName;
  /** Whether host names are resolved once at load (true) or every 30 seconds (false). */
  readonly preResolve: boolean;
  /** How often host names are resolved again; 0 = see `preResolve`. */
  readonly resolveIntervalMs: number;
  /** Whether the listener may start while none of its names can be resolved. */
  readonly allowEmpty: boolean;
  /** In the order written; none while no name of the listener has an address yet. */
  readonly backends: readonly BackendSettings[];
}

/** One address that a listener forwards to, or a name that stands for several. */
export interface BackendSettings {
  /** `host:port` as written, or `srv+name`: its identity within the listener. */
  readonly name: string;
  /** Whether the host is an IP address, a host name, or the name of a DNS service record. */
  readonly kind: "address" | "host" | "service";
  /** The port is 0 where a service record is to give it. */
  readonly address: Address;
  /**
   * The IP addresses to dial, in order, until one answers. Just the address itself where that is an
   * IP address; empty for a name, until discovery has filled its addresses in.
   */
  readonly candidates: readonly string[];
  /**
   * 0 to 256; 0 takes no new sessions. In hundredths where the addresses of a name share its weight.
   */
  readonly weight: number;
  /** Used only while no primary backend is eligible. */
  readonly backup: boolean;
  /** Sessions at once over all workers; 0 = no limit. */
  readonly maxConnections: number;
  /** What the file wants of the backend; an operator may want something else at run time. */
  readonly mode: BackendModeName;
}
