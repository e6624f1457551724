/** The size of one bulk piece in bytes: requested with one byte, or acknowledged with one byte. */
export const PIECE_BYTES = 16 * 1024 * 1024;

/** The size of one small exchange in each direction, in bytes. */
export const EXCHANGE_BYTES = 64;

/** Where something listens. */
export interface Endpoint {
  readonly hostname: string;
  readonly port: number;
}

/** What the backend process reports once all its listeners are bound. */
export interface BackendsReady {
  /** Echoes what it reads; one entry for each requested address. */
  readonly echo: readonly Endpoint[];
  /** Sends {@linkcode PIECE_BYTES} for each byte it reads. */
  readonly source: Endpoint;
  /** Sends one byte for each {@linkcode PIECE_BYTES} it has read. */
  readonly sink: Endpoint;
}

/** Connects, exchanges {@linkcode EXCHANGE_BYTES}, closes, and again. */
export interface ConnectionsOrder extends Limits {
  readonly kind: "connections";
}

/** Exchanges {@linkcode EXCHANGE_BYTES} over connections that stay open. */
export interface RequestsOrder extends Limits {
  readonly kind: "requests";
}

/** Moves whole pieces, towards the client (`download`) or from it (`upload`). */
export interface BulkOrder extends Limits {
  readonly kind: "download" | "upload";
}

/** Opens connections, makes one exchange on each and keeps them until `release`. */
export interface HoldOrder {
  readonly kind: "hold";
  readonly endpoint: Endpoint;
  readonly count: number;
}

/** Closes the connections that are held. */
export interface ReleaseOrder {
  readonly kind: "release";
}

/** How much a load does: it ends at whichever limit comes first. */
export interface Limits {
  readonly endpoint: Endpoint;
  /** Connections open at the same time. */
  readonly parallel: number;
  readonly durationMs: number;
  readonly maxUnits: number;
}

/** One line of JSON to the generator process. */
export type Order = ConnectionsOrder | RequestsOrder | BulkOrder | HoldOrder | ReleaseOrder;

/** The generator's answer to an order, one line of JSON. */
export interface Outcome {
  /** Connections, exchanges, or pieces that completed. */
  readonly units: number;
  readonly errors: number;
  /** The message of the first error; empty if there was none. */
  readonly firstError: string;
  readonly elapsedMs: number;
  /** Latencies of a unit in microseconds; 0 if nothing completed. */
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
}
