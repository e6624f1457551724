/** The client as the algorithms see it. */
export interface Client {
  /** A 32-bit hash of the client's IP address, computed when first asked for. */
  readonly addressHash: number;
}

/** A backend as the algorithms see it. Only backends that may be picked at all are passed. */
export interface Candidate {
  /** The backend's place in its listener's list; what `pick` returns. */
  readonly index: number;
  /** The backend's identity, `address:port`: what consistent hashing hashes into the table. */
  readonly id: string;
  /** 1 or more, an integer; slow start makes it smaller than the configured share. */
  readonly weight: number;
}

/** What may change between two rebuilds: a backend may be full, or may have been tried already. */
export interface Eligible {
  has(index: number): boolean;
}

/** The load of the listener's backends, read from the counters that all workers share. */
export interface LoadView {
  /** Active sessions on the backend, over all workers. */
  active(index: number): number;
  /** Peak EWMA of the connect time in milliseconds, decayed to this moment. */
  connectTimeMs(index: number): number;
  /**
   * Peak EWMA of the time to the backend's first byte in milliseconds, decayed to this moment; 0
   * where there was none. Measured only where the algorithm is `least_time`.
   */
  firstByteTimeMs(index: number): number;
  /** The same as of the last first byte, without the decay since. */
  lastFirstByteTimeMs(index: number): number;
}

/** The listener's cursor, shared by all workers. */
export interface Cursor {
  /** Takes the next ticket: an unsigned 32-bit integer that wraps around. */
  next(): number;
}

/** What an algorithm is made from: it has no clock, no random numbers and no state of its own. */
export interface AlgorithmInputs {
  /** How many backends the pool has, whether or not they are candidates. */
  readonly poolSize: number;
  readonly load: LoadView;
  readonly cursor: Cursor;
  /** A uniform number in [0, 1). */
  readonly random: () => number;
}

/** What `pick` returns when no backend is eligible. */
export const NO_BACKEND = -1;

/** A way to choose a backend. Pure: no input or output, and no allocation in `pick`. */
export interface Algorithm {
  /**
   * Replaces the candidates. Runs when membership, weights or health change, never on the path of a
   * session; what `pick` needs is computed here, or at the first `pick` after it.
   */
  rebuild(candidates: readonly Candidate[]): void;
  /** Returns the index of an eligible candidate, or {@linkcode NO_BACKEND} where there is none. */
  pick(client: Client, eligible: Eligible): number;
}

export type AlgorithmFactory = (inputs: AlgorithmInputs) => Algorithm;
