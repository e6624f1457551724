import type { CloseReason } from "./close_reason.ts";

/** What one session did: what the access log writes, one line for each. */
export interface SessionRecord {
  /** When the client was accepted, in milliseconds since 1970. */
  readonly startedAtMs: number;
  /** `ip:port` of the client, or the empty string if it had left before it was accepted. */
  readonly client: string;
  /** The listener's key. */
  readonly listener: string;
  /** The backend's name, or the empty string if the session never had one. */
  readonly backend: string;
  /** Bytes from the client to the backend. */
  readonly bytesIn: number;
  /** Bytes from the backend to the client. */
  readonly bytesOut: number;
  readonly durationMs: number;
  /** How long the successful connection to the backend took; -1 where there was none. */
  readonly connectTimeMs: number;
  /** How many backends were tried in vain. */
  readonly retries: number;
  readonly reason: CloseReason;
}
