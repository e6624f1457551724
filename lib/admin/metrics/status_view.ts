import type {
  BackendStatus,
  ListenerStatus,
  PoolStatus,
  Status,
  WorkerStatus,
} from "../../supervisor/status.ts";

/** Rates over the last few seconds, of a backend or of a pool: the sums over its backends. */
export interface Rates {
  /** Sessions connected per second. */
  readonly sessionsPerSecond: number;
  /** From clients to backends. */
  readonly bytesInPerSecond: number;
  /** From backends to clients. */
  readonly bytesOutPerSecond: number;
  /** Failed and timed-out connections, resets and aborts. */
  readonly errorsPerSecond: number;
  /** Connect times, estimated from the histogram; null if nothing was connected recently. */
  readonly connectTimeP50Ms: number | null;
  readonly connectTimeP99Ms: number | null;
}

/** Rates of a listener over the last few seconds. */
export interface ListenerRates {
  /** Clients accepted per second. */
  readonly sessionsPerSecond: number;
  /** Clients refused per second: closed immediately after being accepted. */
  readonly refusedPerSecond: number;
}

/** A backend's status, with the rates that go with it. */
export interface BackendView extends BackendStatus {
  readonly rates: Rates;
}

/** A listener's status, with the rates that go with it. */
export interface ListenerView extends ListenerStatus {
  readonly rates: ListenerRates;
}

/** A pool's status, with the rates that go with it. */
export interface PoolView extends PoolStatus {
  readonly rates: Rates;
  readonly backends: readonly BackendView[];
}

/** The answer of `GET /api/v1/status`, and the data of every `status` event. */
export interface StatusView extends Omit<Status, "listeners" | "pools" | "workers"> {
  readonly listeners: readonly ListenerView[];
  readonly pools: readonly PoolView[];
  readonly workers: readonly WorkerStatus[];
}
