import type { CloseReason } from "./close_reason.ts";

/** The outcome of one session, from which the access log writes a line. */
export interface SessionRecord {
  /** When the client was accepted, in milliseconds since 1970. */
  readonly startedAtMs: number;
  /** `ip:port` of the client, or the empty string if it had disconnected before it was accepted. */
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
  /** How long it took to connect to the backend, in milliseconds; -1 if that never succeeded. */
  readonly connectTimeMs: number;
  /** How many attempts to connect to a backend failed. */
  readonly retries: number;
  readonly reason: CloseReason;
}
