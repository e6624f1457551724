import type { CloseReason } from "./close_reason.ts";

/** How an attempt to connect to a backend came out. */
export type AttemptOutcome =
  | "connected"
  | "connect_failed"
  | "connect_timeout"
  /** This machine has no port left for connections to this backend; to others it may have. */
  | "no_port"
  /** This machine ran out of something; trying another backend would not help. */
  | "local_fault"
  /** The session ended before the attempt did. */
  | "abandoned";

/** One attempt of a session to connect to a backend. */
export interface Attempt {
  /** The backend's name. */
  readonly backend: string;
  readonly outcome: AttemptOutcome;
}

/** The outcome of one session, from which the access log writes a line. */
export interface SessionRecord {
  /** When the client was accepted, in milliseconds since 1970. */
  readonly startedAtMs: number;
  /** `ip:port` of the client, or the empty string if it had disconnected before it was accepted. */
  readonly client: string;
  /** The listener's key. */
  readonly listener: string;
  /** The name of the pool that its backends were taken from. */
  readonly pool: string;
  /** The backend's name, or the empty string if the session never had one. */
  readonly backend: string;
  /** Bytes from the client to the backend. */
  readonly bytesIn: number;
  /** Bytes from the backend to the client. */
  readonly bytesOut: number;
  readonly durationMs: number;
  /** How long it took to connect to the backend, in milliseconds; -1 if that never succeeded. */
  readonly connectTimeMs: number;
  /** How many attempts to connect to a backend failed. */
  readonly retries: number;
  /** Every attempt, in order, if one of them failed; otherwise empty. */
  readonly tried: readonly Attempt[];
  readonly reason: CloseReason;
}
