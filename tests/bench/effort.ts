/** How much each sample does. */
export interface Effort {
  readonly rounds: number;
  /** How long one sample of a timed load lasts. */
  readonly sampleMs: number;
  /** How long each contestant runs a load before the first sample of it. */
  readonly warmUpMs: number;
  /** A limit besides the time, so that no sample uses up the local ports. */
  readonly maxConnections: number;
  /** Sessions held open while memory is read. */
  readonly idleSessions: number;
  /** How long the idle sessions are watched for processor time. */
  readonly idleWatchMs: number;
  /** Idle sessions present while connections are measured, rising. */
  readonly growthSessions: readonly number[];
  /** Backends of one listener while connections are measured, rising. */
  readonly growthBackends: readonly number[];
  /** Backends of one listener for each algorithm, rising. */
  readonly backendCounts: readonly number[];
  /** Sessions that strace counts system calls for. */
  readonly tracedSessions: number;
}

export const FULL_EFFORT: Effort = {
  rounds: 5,
  sampleMs: 2_000,
  warmUpMs: 1_500,
  maxConnections: 20_000,
  idleSessions: 4_000,
  idleWatchMs: 2_000,
  growthSessions: [0, 1_000, 4_000],
  growthBackends: [10, 100, 1_000],
  backendCounts: [3, 100, 1_000],
  tracedSessions: 500,
};

/** For tests and CI: shows that everything works, but says little about speed. */
export const QUICK_EFFORT: Effort = {
  rounds: 1,
  sampleMs: 200,
  warmUpMs: 50,
  maxConnections: 2_000,
  idleSessions: 300,
  idleWatchMs: 200,
  growthSessions: [0, 100, 300],
  growthBackends: [10, 100],
  backendCounts: [3, 100],
  tracedSessions: 50,
};
