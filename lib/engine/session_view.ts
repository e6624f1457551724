import type { Phase } from "../log/close_reason.ts";

/** An active session, as operators see it. */
export interface SessionView {
  /** Unique as long as Weir runs. */
  readonly id: string;
  readonly client: string;
  readonly listener: string;
  /** The pool that its backend is taken from. */
  readonly pool: string;
  /** Empty while there is none. */
  readonly backend: string;
  readonly phase: Phase;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** -1 while the backend is not connected. */
  readonly connectTimeMs: number;
  readonly retries: number;
}
