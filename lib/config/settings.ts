import type { Address } from "../base/address.ts";

/** Every algorithm, in the order of the documentation. */
export const ALGORITHM_NAMES = [
  "round_robin",
  "weighted_round_robin",
  "random",
  "least_connections",
  "p2c",
  "least_time",
  "source_hash",
] as const;
export type AlgorithmName = typeof ALGORITHM_NAMES[number];

export const ENGINE_NAMES = ["auto", "streams", "native"] as const;
/** How a worker is to relay bytes; `auto` leaves the choice to Weir. */
export type EngineName = typeof ENGINE_NAMES[number];

export const PROXY_PROTOCOL_NAMES = ["off", "v1", "v2"] as const;
/** The PROXY header that a listener sends to its backends before the first byte. */
export type ProxyProtocolName = typeof PROXY_PROTOCOL_NAMES[number];

export const LOG_LEVEL_NAMES = ["debug", "info", "warning", "error"] as const;
export type LogLevelName = typeof LOG_LEVEL_NAMES[number];

export const LOG_FORMAT_NAMES = ["text", "json"] as const;
export type LogFormatName = typeof LOG_FORMAT_NAMES[number];

export const ON_DOWN_NAMES = ["keep", "close"] as const;
/** What happens to the sessions of a backend that goes down. */
export type OnDownName = typeof ON_DOWN_NAMES[number];

export const BACKEND_MODE_NAMES = ["ready", "drain", "maintenance"] as const;
/**
 * The administrative mode of a backend: `drain` takes no new sessions but is still checked,
 * `maintenance` is not checked either.
 */
export type BackendModeName = typeof BACKEND_MODE_NAMES[number];

/** How a backend is probed. */
export type HealthCheck =
  | { readonly kind: "off" }
  /** Passes if a connection can be made. */
  | { readonly kind: "tcp" }
  /** A GET request that must be answered with `status`, or with 200 to 399 if that is 0. */
  | { readonly kind: "http"; readonly path: string; readonly status: number }
  /** Sends `health_send` and waits for `health_expect`. */
  | { readonly kind: "send_expect" };

/**
 * The configuration after validation.
 *
 * Invariants: deeply frozen, structured-cloneable, and free of contradictions: code that receives
 * it need not validate anything again.
 */
export interface Settings {
  /** The configuration file, as named on the command line. */
  readonly file: string;
  /** The files that it includes, as a path or pattern relative to it; empty if there are none. */
  readonly include: string;
  /** How many worker threads run; 1 or more, with `auto` already resolved. */
  readonly workers: number;
  /** How long a shutdown waits for sessions to finish; 0 closes them at once. */
  readonly drainTimeoutMs: number;
  /** The time over which the sessions that remain after it are closed; 0 closes all at once. */
  readonly closeSpreadMs: number;
  /** How long a shutdown keeps accepting while it already reports not ready. */
  readonly shutdownDelayMs: number;
  /** How long a start keeps trying to bind addresses that are still in use; 0 = not at all. */
  readonly bindRetryMs: number;
  /** Whether a change to the file triggers a reload. */
  readonly watch: boolean;
  readonly logLevel: LogLevelName;
  readonly logFormat: LogFormatName;
  /** `off`, `-` for standard output, or the path of a file. */
  readonly accessLog: string;
  /** `auto` (as `logFormat` says), `text`, `json`, or a template with `%` and names of fields. */
  readonly accessLogFormat: string;
  /** Where the admin API listens: `off`, `127.0.0.1:24000`, or `unix:/path`. */
  readonly admin: string;
  /** The file with the tokens of the admin API; empty if it requires none. */
  readonly adminTokenFile: string;
  /** One or more, in the order of the file, and of the included files after it. */
  readonly listeners: readonly ListenerSettings[];
  /** In the order of the file. */
  readonly pools: readonly PoolSettings[];
  readonly written: WrittenKeys;
}

/**
 * The keys that the file sets, by section, such as `options`, `options 24003` or `pool app`; every
 * other value is a default.
 */
export type WrittenKeys = Readonly<Record<string, readonly string[]>>;

/** A listener: a `[listener NAME]`, or one side of a `[mappings]` entry. */
export interface ListenerSettings {
  /** Its name in logs, metrics and commands; of a `[mappings]` entry, the key as written. */
  readonly key: string;
  /** Its identity over reloads: `24003` and `*:24003` are the same listener. */
  readonly id: string;
  /** Where it is bound, one or more; on `0.0.0.0` if only a port was given. */
  readonly addresses: readonly Address[];
  /** The name of the pool that its sessions take their backends from. */
  readonly pool: string;
  readonly engine: EngineName;
  /** Bytes that one direction of a session reads at a time. */
  readonly bufferSize: number;
  /** A session that relays no byte for this long is closed; 0 = never. */
  readonly idleTimeoutMs: number;
  /** A client that sends nothing for this long after connecting is closed; 0 = never. */
  readonly firstByteTimeoutMs: number;
  /** How long one direction may be silent after the other has ended; 0 = forever. */
  readonly halfCloseTimeoutMs: number;
  /** The maximum lifetime of a session; 0 = no limit. */
  readonly sessionTimeoutMs: number;
  /** Sessions at once over all workers; 0 = no limit. */
  readonly maxConnections: number;
  /** Concurrent sessions of one client over all workers; 0 = no limit. */
  readonly maxConnectionsPerClient: number;
  /** New sessions per second over all workers; 0 = no limit. */
  readonly connectionRate: number;
  /** New sessions per second of one client over all workers; 0 = no limit. */
  readonly connectionRatePerClient: number;
  /** How many leading bits of an IPv4 address identify a client. */
  readonly clientPrefixV4: number;
  /** How many leading bits of an IPv6 address identify a client. */
  readonly clientPrefixV6: number;
}

/** A group of backends with one algorithm, and one verdict on their health. */
export interface PoolSettings {
  /** Names the pool in logs, metrics and commands; a `[mappings]` entry names its pool by its key. */
  readonly name: string;
  /** Its identity over reloads, which that of its backends hangs on. */
  readonly id: string;
  readonly algorithm: AlgorithmName;
  readonly connectTimeoutMs: number;
  /** How many further backends a session tries after a failed connection. */
  readonly retries: number;
  /** How long a session may wait for a place if every backend is full; 0 = not at all. */
  readonly queueTimeoutMs: number;
  /** How many sessions may be waiting over all workers. */
  readonly maxQueue: number;
  /** Sessions at once with all of its backends, over all workers; 0 = no limit. */
  readonly maxSessions: number;
  /** Whether a half-close removes a waiting client from the queue even if it has sent something. */
  readonly abortOnClose: boolean;
  readonly healthCheck: HealthCheck;
  /** What a `send_expect` check sends, one character for each byte. */
  readonly healthSend: string;
  /** What the answer to a `send_expect` check must contain, one character for each byte. */
  readonly healthExpect: string;
  readonly healthIntervalMs: number;
  readonly healthTimeoutMs: number;
  /** Consecutive passed checks that bring a backend up. */
  readonly healthRise: number;
  /** Consecutive failed checks that bring a backend down. */
  readonly healthFall: number;
  /** The port that is checked; 0 = the backend's own. */
  readonly healthPort: number;
  /** The port of the backends' agents, which are asked for weight, mode and limit; 0 = none. */
  readonly agentPort: number;
  /** Consecutive failed sessions that eject a backend; 0 = never. */
  readonly maxFails: number;
  /** How long the first ejection lasts; the n-th in a row lasts n times as long. */
  readonly failTimeoutMs: number;
  /** The largest share of a pool's backends that may be ejected at once, in percent. */
  readonly maxEjectedPercent: number;
  /** The time over which the weight of a recovered backend rises to its full value; 0 = at once. */
  readonly slowStartMs: number;
  readonly onDown: OnDownName;
  readonly proxyProtocol: ProxyProtocolName;
  /** The local IP addresses of connections to backends, which take turns; empty = the system's choice. */
  readonly sourceAddresses: readonly string[];
  /** Whether host names are resolved once at load (true) or every 30 seconds (false). */
  readonly preResolve: boolean;
  /** How often host names are resolved again; 0 = see `preResolve`. */
  readonly resolveIntervalMs: number;
  /** Whether the pool may be empty at the start, while none of its names can be resolved. */
  readonly allowEmpty: boolean;
  /** In the order of the file; none while no name of the pool has an address yet. */
  readonly backends: readonly BackendSettings[];
}

/** One address that a pool forwards to, or a name that stands for several. */
export interface BackendSettings {
  /**
   * Its identity within the pool, on which its figures, its health and Maglev tables depend: the
   * canonical address and port, or the place as written if that is a name and not resolved yet, or
   * resolved to addresses that are tried in turn.
   */
  readonly id: string;
  /** What people see and type, unique within the pool: its label, or else the place as written. */
  readonly name: string;
  /** Whether the host is an IP address, a host name, or the name of a DNS service record. */
  readonly kind: "address" | "host" | "service";
  /** The port is 0 if it is to come from a service record. */
  readonly address: Address;
  /**
   * The IP addresses to dial, in order, until one answers. Just the address itself if it is an IP
   * address; empty for a name until discovery has filled in its addresses.
   */
  readonly candidates: readonly string[];
  /**
   * 0 to 256; 0 takes no new sessions. A multiple of 0.01 if the addresses of a name share its
   * weight.
   */
  readonly weight: number;
  /** Used only while no primary backend is eligible. */
  readonly backup: boolean;
  /** Sessions at once over all workers; 0 = no limit. */
  readonly maxConnections: number;
  /** The mode that the file sets; an operator may change it at run time. */
  readonly mode: BackendModeName;
}
