import { columnsOf, type CounterDefinition, type CounterTable } from "./counter_definition.ts";

/**
 * The one table of counters. The memory layout, the snapshot, the metrics' names and help texts and
 * the labels of every display derive from it: to add a counter, add a row here. Those about workers
 * are in `worker_counters.ts`.
 *
 * There are two kinds of storage. A *cell* is a 32-bit integer that every thread reads and writes
 * with `Atomics`. A *tally* is a 64-bit float of which each worker has its own copy, so that only
 * one thread ever writes it; displays show the sum over the workers.
 */

/** Shared integers for each backend of each pool. */
export const BACKEND_CELLS = {
  active: {
    kind: "gauge",
    metric: "active_sessions",
    help: "Active sessions on the backend.",
    label: "Active",
  },
  health: {
    kind: "gauge",
    metric: "health",
    help: "The verdict of the active checks: 0 up, 1 down.",
    label: "Health",
    internal: true,
  },
  mode: {
    kind: "gauge",
    metric: "mode",
    help: "The backend's mode: 0 ready, 1 drain, 2 maintenance.",
    label: "Mode",
    internal: true,
  },
  ejection: {
    kind: "gauge",
    metric: "ejection",
    help: "The state of ejection: 0 not ejected, 1 ejected, 2 ready for a trial, 3 on trial.",
    label: "Ejection",
    internal: true,
  },
  agentDown: {
    kind: "gauge",
    metric: "agent_down",
    help: "Whether the backend's agent says that it is down: 0 no, 1 yes.",
    label: "Agent says down",
  },
  agentLimit: {
    kind: "gauge",
    metric: "agent_limit",
    help: "The limit on sessions that the backend's agent has set, plus 1; 0 if it has set none.",
    label: "Agent's limit",
    internal: true,
  },
  weight: {
    kind: "gauge",
    metric: "effective_weight",
    help: "The weight in effect; a slow start raises it in small steps, and an agent may scale it.",
    label: "Weight",
    scale: 0.01,
  },
  failuresInRow: {
    kind: "gauge",
    metric: "failures_in_row",
    help: "Consecutive failures, since the last successful session.",
    label: "Failures in a row",
    internal: true,
  },
  ejectionsInRow: {
    kind: "gauge",
    metric: "ejections_in_row",
    help:
      "Ejections in a row, which set the length of the next one; each fail_timeout without one takes off one.",
    label: "Ejections in a row",
    internal: true,
  },
  resetsInRow: {
    kind: "gauge",
    metric: "resets_in_row",
    help: "How many of the consecutive failures were resets; kept while the backend is ejected.",
    label: "Resets in a row",
    internal: true,
  },
} as const satisfies CounterTable;

/** Shared integers for each listener. */
export const LISTENER_CELLS = {
  active: {
    kind: "gauge",
    metric: "active_sessions",
    help: "Active sessions of the listener.",
    label: "Active",
  },
} as const satisfies CounterTable;

/** Shared integers for each pool. */
export const POOL_CELLS = {
  active: {
    kind: "gauge",
    metric: "active_sessions",
    help: "Active sessions of the pool, from all of its listeners.",
    label: "Active",
  },
  cursor: {
    kind: "gauge",
    metric: "cursor",
    help: "The next ticket of the round-robin algorithms.",
    label: "Cursor",
    internal: true,
  },
  tickets: {
    kind: "gauge",
    metric: "tickets",
    help: "The ticket of the next client that has to wait for a backend.",
    label: "Tickets",
    internal: true,
  },
  queued: {
    kind: "gauge",
    metric: "queued_sessions",
    help: "Clients waiting for a backend.",
    label: "Queued",
  },
} as const satisfies CounterTable;

/** Floating-point readings of each backend that any worker may replace: estimates, not counts. */
export const BACKEND_READINGS = {
  connectTimeMs: {
    kind: "gauge",
    metric: "connect_time_ewma_seconds",
    help: "Peak-sensitive moving average of the connect time.",
    label: "Connect time",
    scale: 0.001,
  },
  connectTimeStampMs: {
    kind: "gauge",
    metric: "connect_time_stamp",
    help: "When the moving average was last updated, by Weir's own clock.",
    label: "Connect time stamp",
    internal: true,
  },
  firstByteTimeMs: {
    kind: "gauge",
    metric: "first_byte_time_ewma_seconds",
    help:
      "Peak-sensitive moving average of the time from a client's bytes to the backend's first byte; " +
      "0 unless the algorithm is least_time.",
    label: "First byte time",
    scale: 0.001,
  },
  firstByteTimeStampMs: {
    kind: "gauge",
    metric: "first_byte_time_stamp",
    help: "When that moving average was last updated, by Weir's own clock.",
    label: "First byte time stamp",
    internal: true,
  },
  ejectionUntilMs: {
    kind: "gauge",
    metric: "ejection_until",
    help:
      "When the ejection ends, or when an inconclusive trial is abandoned, by Weir's own clock.",
    label: "Ejected until",
    internal: true,
  },
  healthSinceMs: {
    kind: "gauge",
    metric: "health_since",
    help: "When the active checks last changed their verdict.",
    label: "Health since",
    internal: true,
  },
} as const satisfies CounterTable;

/** Each worker's own counts for each backend. */
export const BACKEND_TALLIES = {
  active: {
    kind: "gauge",
    metric: "worker_active_sessions",
    help: "The worker's share of the active sessions, subtracted if the worker dies.",
    label: "Active here",
    internal: true,
  },
  sessions: {
    kind: "counter",
    metric: "sessions_total",
    help: "Sessions connected to the backend.",
    label: "Sessions",
  },
  connectFailures: {
    kind: "counter",
    metric: "connect_failures_total",
    help: "Connection attempts to the backend that were refused or failed.",
    label: "Connect failures",
  },
  connectTimeouts: {
    kind: "counter",
    metric: "connect_timeouts_total",
    help: "Connection attempts to the backend that exceeded connect_timeout.",
    label: "Connect timeouts",
  },
  portsExhausted: {
    kind: "counter",
    metric: "ports_exhausted_total",
    help:
      "Connection attempts to the backend that failed because this machine had no local port left.",
    label: "Ports exhausted",
  },
  earlyResets: {
    kind: "counter",
    metric: "early_resets_total",
    help: "Sessions that the backend reset before it had sent a byte.",
    label: "Early resets",
  },
  aborts: {
    kind: "counter",
    metric: "aborts_total",
    help: "Sessions that the backend reset after it had sent something.",
    label: "Aborts",
  },
  bytesIn: {
    kind: "counter",
    metric: "received_bytes_total",
    help: "Bytes from clients written to the backend.",
    label: "Bytes in",
  },
  bytesOut: {
    kind: "counter",
    metric: "sent_bytes_total",
    help: "Bytes from the backend written to clients.",
    label: "Bytes out",
  },
  connectTimeSumMs: {
    kind: "counter",
    metric: "connect_time_sum",
    help: "Total time taken by successful connections to the backend: the sum of the histogram.",
    label: "Total connect time",
    internal: true,
  },
  ejections: {
    kind: "counter",
    metric: "ejections_total",
    help: "Times that the backend was ejected because its sessions failed.",
    label: "Ejections",
  },
  checksPassed: {
    kind: "counter",
    metric: "checks_total",
    labels: { result: "passed" },
    help: "Health checks of the backend, by result.",
    label: "Checks passed",
  },
  checksFailed: {
    kind: "counter",
    metric: "checks_total",
    labels: { result: "failed" },
    help: "Health checks of the backend, by result.",
    label: "Checks failed",
  },
  downs: {
    kind: "counter",
    metric: "downs_total",
    help: "Times that health checks marked the backend down.",
    label: "Downs",
  },
} as const satisfies CounterTable;

/** A row that counts ended sessions, by who ended them. */
function endedBy(by: string): CounterDefinition & { readonly kind: "counter" } {
  return {
    kind: "counter",
    metric: "ended_total",
    labels: { by },
    help: "Sessions that have ended, by who or what ended them.",
    label: `Ended: ${by}`,
  };
}

/** A row of the client connections that were refused, by the reason. */
function refused(
  reason: string,
  label = reason,
): CounterDefinition & { readonly kind: "counter" } {
  return {
    kind: "counter",
    metric: "refused_total",
    labels: { reason },
    help: "Client connections refused: closed immediately after being accepted.",
    label: `Refused: ${label}`,
  };
}

/** Each worker's own counts for each listener. */
export const LISTENER_TALLIES = {
  active: {
    kind: "gauge",
    metric: "worker_active_sessions",
    help: "The worker's share of the active sessions, subtracted if the worker dies.",
    label: "Active here",
    internal: true,
  },
  sockets: {
    kind: "gauge",
    metric: "sockets",
    help: "Listening sockets: one per worker, and none once the listener has been removed.",
    label: "Sockets",
  },
  openCloses: {
    kind: "counter",
    metric: "open_closes_total",
    help: "Listening sockets closed while clients could still enter their queues: the kernel " +
      "resets any that did at the last moment. With the native engine, there should be none.",
    label: "Closed while open",
  },
  accepted: {
    kind: "counter",
    metric: "accepted_total",
    help: "Client connections accepted.",
    label: "Accepted",
  },
  refusedMaxConnections: refused("max_connections"),
  refusedMaxConnectionsPerClient: refused("max_connections_per_client"),
  refusedConnectionRate: refused("connection_rate"),
  refusedConnectionRatePerClient: refused("connection_rate_per_client"),
  sharedLimits: {
    kind: "counter",
    metric: "shared_limits_total",
    help:
      "Client connections for which the per-client limits applied to their whole network, because " +
      "the client table was full.",
    label: "Limits shared",
  },
  refusedNoBackend: refused("no_backend", "no backend"),
  connectRetries: {
    kind: "counter",
    metric: "connect_retries_total",
    help: "Times that a session was retried on another backend after a failed connection.",
    label: "Retries",
  },
  durationSumMs: {
    kind: "counter",
    metric: "session_duration_sum",
    help: "Total duration of the sessions that have ended: the sum of the histogram.",
    label: "Total duration",
    internal: true,
  },
  endedDone: endedBy("done"),
  endedByClient: endedBy("client"),
  endedByBackend: endedBy("backend"),
  endedByTimeout: endedBy("timeout"),
  endedByLimit: endedBy("limit"),
  endedByOperator: endedBy("operator"),
  endedByResource: endedBy("resource"),
} as const satisfies CounterTable;

/** Each worker's own counts for each pool. */
export const POOL_TALLIES = {
  active: {
    kind: "gauge",
    metric: "worker_active_sessions",
    help: "The worker's share of the active sessions, subtracted if the worker dies.",
    label: "Active here",
    internal: true,
  },
  queuedInAll: {
    kind: "counter",
    metric: "queued_total",
    help: "Clients that had to wait for a backend.",
    label: "Total queued",
  },
  queuedHere: {
    kind: "gauge",
    metric: "worker_queued_sessions",
    help: "The worker's share of the waiting clients, subtracted if the worker dies.",
    label: "Queued here",
    internal: true,
  },
} as const satisfies CounterTable;

export const BackendCell = columnsOf(BACKEND_CELLS);
export const ListenerCell = columnsOf(LISTENER_CELLS);
export const PoolCell = columnsOf(POOL_CELLS);
export const BackendReading = columnsOf(BACKEND_READINGS);
export const BackendTally = columnsOf(BACKEND_TALLIES);
export const ListenerTally = columnsOf(LISTENER_TALLIES);
export const PoolTally = columnsOf(POOL_TALLIES);
