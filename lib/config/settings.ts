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
  readonly logLevel: LogLevelName;
  readonly logFormat: LogFormatName;
  /** `off`, `-` for standard output, or the path of a file. */
  readonly accessLog: string;
  /** One or more, in the order of `[mappings]`. */
  readonly listeners: readonly ListenerSettings[];
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
  /** How many further backends a session tries after a failed connection. */
  readonly retries: number;
  /** Sessions at once over all workers; 0 = no limit. */
  readonly maxConnections: number;
  readonly proxyProtocol: ProxyProtocolName;
  /** Whether host names are resolved once at load (true) or at every connection (false). */
  readonly preResolve: boolean;
  /** One or more, in the order written. */
  readonly backends: readonly BackendSettings[];
}

/** One address that a listener forwards to. */
export interface BackendSettings {
  /** `host:port` as written: its identity within the listener. */
  readonly name: string;
  readonly address: Address;
  /**
   * The IP addresses to dial, in order, until one answers. Just the address itself where that is an
   * IP address; the resolved ones where the listener resolves at load; empty to resolve
   * `address.hostname` at every connection.
   */
  readonly candidates: readonly string[];
  /** 0 to 256; 0 takes no new sessions. */
  readonly weight: number;
  /** Used only while no primary backend is eligible. */
  readonly backup: boolean;
  /** Sessions at once over all workers; 0 = no limit. */
  readonly maxConnections: number;
}
