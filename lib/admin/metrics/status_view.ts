import type { ListenerFigures, PoolFigures } from "../../state/snapshot.ts";
import type {
  BackendStatus,
  ListenerStatus,
  PoolStatus,
  Status,
  WorkerStatus,
} from "../../supervisor/status.ts";

/** Rates over the last few seconds. */
export interface Rates {
  /** New sessions per second: connected ones for a backend, accepted ones for a listener. */
  readonly sessionsPerSecond: number;
  /** From clients to backends. */
  readonly bytesInPerSecond: number;
  /** From backends to clients. */
  readonly bytesOutPerSecond: number;
  /**
   * For a backend: failed and timed-out connections, resets and aborts. For a listener: those of
   * its backends, and the clients that were refused.
   */
  readonly errorsPerSecond: number;
  /** Connect times, estimated from the histogram; null if nothing was connected recently. */
  readonly connectTimeP50Ms: number | null;
  readonly connectTimeP99Ms: number | null;
}

/** A backend's status, with the rates that go with it. */
export interface BackendView extends BackendStatus {
  readonly rates: Rates;
}

/** A listener's status with that of its pool. */
export interface ListenerView extends Omit<ListenerStatus, "figures"> {
  readonly address: string;
  readonly algorithm: string;
  readonly unresolved: PoolStatus["unresolved"];
  readonly figures: ListenerFigures & PoolFigures;
  readonly rates: Rates;
  readonly backends: readonly BackendView[];
}

/** The answer of `GET /api/v1/status`, and the data of every `status` event. */
export interface StatusView extends Omit<Status, "listeners" | "pools" | "workers"> {
  readonly listeners: readonly ListenerView[];
  readonly workers: readonly WorkerStatus[];
}
