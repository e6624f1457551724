import { BACKEND_MODE_NAMES } from "../../config/settings.ts";
import type { CounterDefinition } from "../../state/counter_definition.ts";
import {
  BACKEND_CELLS,
  BACKEND_READINGS,
  BACKEND_TALLIES,
  LISTENER_CELLS,
  LISTENER_TALLIES,
  POOL_CELLS,
  POOL_TALLIES,
} from "../../state/counters.ts";
import { WORKER_CELLS, WORKER_TALLIES } from "../../state/worker_counters.ts";
import {
  CONNECT_TIME,
  type HistogramDefinition,
  SESSION_DURATION,
} from "../../state/histograms.ts";
import type {
  BackendStatus,
  ListenerStatus,
  PoolStatus,
  Status,
  WorkerStatus,
} from "../../supervisor/status.ts";

/** Labels of a metric, by name. */
export type Labels = Readonly<Record<string, string>>;

/** One figure of a metric. */
export interface MetricSample<Subject> {
  /** Distinguish it from the other samples of the metric. */
  readonly labels?: Labels;
  readonly read: (subject: Subject) => number;
}

/** A metric of a kind of subject: all of Weir, a listener, a backend, a worker. */
export type MetricFamily<Subject> = PlainFamily<Subject> | HistogramFamily<Subject>;

export interface PlainFamily<Subject> {
  /** An `info` is a gauge that is always 1 and exists for its labels. */
  readonly kind: "counter" | "gauge" | "info";
  /** The whole name, in base units; counters end in `_total`, infos in `_info`. */
  readonly name: string;
  readonly help: string;
  readonly samples: readonly MetricSample<Subject>[];
  /** Additional labels that depend on the subject. */
  readonly labelsOf?: (subject: Subject) => Labels;
}

export interface HistogramFamily<Subject> {
  readonly kind: "histogram";
  readonly name: string;
  readonly help: string;
  /** The upper bounds of the buckets in the base unit; one more bucket is unbounded. */
  readonly bounds: readonly number[];
  /** The number of values in each bucket, not cumulative. */
  readonly counts: (subject: Subject) => readonly number[];
  readonly sum: (subject: Subject) => number;
}

/** The metrics of Weir as a whole. */
export const WEIR_FAMILIES: readonly MetricFamily<Status>[] = [
  {
    kind: "info",
    name: "weir_build_info",
    help: "The versions of Weir and of Deno.",
    samples: [{ read: () => 1 }],
    labelsOf: ({ version }) => ({ version, deno: Deno.version.deno }),
  },
  gauge<Status>(
    "weir_start_time_seconds",
    "When Weir was started, in seconds since 1970.",
    ({ startedAtMs }) => startedAtMs / 1000,
  ),
  gauge<Status>(
    "weir_ready",
    "Whether the process accepts clients and is not shutting down.",
    ({ ready }) => Number(ready),
  ),
  gauge<Status>(
    "weir_stopping",
    "Whether Weir is shutting down.",
    ({ phase }) => Number(phase === "stopping"),
  ),
  gauge<Status>("weir_workers", "Running workers.", ({ workers }) => workers.length),
  {
    kind: "counter",
    name: "weir_reloads_total",
    help: "Reloads of the configuration, by result.",
    samples: [
      { labels: { result: "succeeded" }, read: ({ reloads }) => reloads.succeeded },
      { labels: { result: "failed" }, read: ({ reloads }) => reloads.failed },
    ],
  },
  gauge<Status>(
    "weir_last_reload_successful",
    "Whether the last reload succeeded; 1 if there has been none.",
    ({ reloads }) => Number(reloads.last?.ok ?? true),
  ),
  {
    kind: "counter",
    name: "weir_access_log_dropped_lines_total",
    help: "Access-log lines dropped because the buffer was full.",
    samples: [{ read: ({ accessLogDropped }) => accessLogDropped }],
  },
  gauge<Status>(
    "weir_resident_memory_bytes",
    "Resident memory of the process.",
    () => Deno.memoryUsage().rss,
  ),
];

/** The metrics of each listener. */
export const LISTENER_FAMILIES: readonly MetricFamily<ListenerStatus>[] = [
  {
    kind: "info",
    name: "weir_listener_info",
    help: "The addresses, pool and engine of the listener.",
    samples: [{ read: () => 1 }],
    labelsOf: ({ addresses, pool, engine }) => ({ address: addresses.join(", "), pool, engine }),
  },
  gauge<ListenerStatus>(
    "weir_listener_ready",
    "Whether the listener's pool has a backend that takes sessions.",
    ({ ready }) => Number(ready),
  ),
  gauge<ListenerStatus>(
    "weir_listener_max_connections",
    "How many sessions the listener may have at once; 0 means no limit.",
    ({ maxConnections }) => maxConnections,
  ),
  gauge<ListenerStatus>(
    "weir_listener_leaving",
    "Whether the listener has been removed and is finishing its remaining sessions.",
    ({ leaving }) => Number(leaving),
  ),
  ...familiesOf<ListenerStatus>("weir_listener_", [LISTENER_CELLS, LISTENER_TALLIES]),
  histogram<ListenerStatus>(
    "weir_listener_",
    SESSION_DURATION,
    ({ figures }) => figures.durations,
    ({ figures }) => figures.durationSumMs,
  ),
];

/** The metrics of each pool. */
export const POOL_FAMILIES: readonly MetricFamily<PoolStatus>[] = [
  {
    kind: "info",
    name: "weir_pool_info",
    help: "The algorithm of the pool.",
    samples: [{ read: () => 1 }],
    labelsOf: ({ algorithm }) => ({ algorithm }),
  },
  gauge<PoolStatus>(
    "weir_pool_ready",
    "Whether the pool has a backend that takes sessions.",
    ({ ready }) => Number(ready),
  ),
  gauge<PoolStatus>(
    "weir_pool_unresolved_backends",
    "Configured backends that are not in use because their names have no address.",
    ({ unresolved }) => unresolved.length,
  ),
  gauge<PoolStatus>(
    "weir_pool_max_sessions",
    "How many sessions the pool may have at once; 0 means no limit.",
    ({ maxSessions }) => maxSessions,
  ),
  gauge<PoolStatus>(
    "weir_pool_leaving",
    "Whether the pool has been removed and is finishing its remaining sessions.",
    ({ leaving }) => Number(leaving),
  ),
  ...familiesOf<PoolStatus>("weir_pool_", [POOL_CELLS, POOL_TALLIES]),
];

/** The metrics of each backend of each pool. */
export const BACKEND_FAMILIES: readonly MetricFamily<BackendStatus>[] = [
  gauge<BackendStatus>(
    "weir_backend_up",
    "Whether the backend takes new sessions: it is not down, ejected, in drain or maintenance, " +
      "of weight 0, or leaving.",
    ({ condition }) => Number(condition === "up" || condition === "trial"),
  ),
  gauge<BackendStatus>(
    "weir_backend_healthy",
    "Whether health checks find the backend up, or are off.",
    ({ health }) => Number(health !== "down"),
  ),
  gauge<BackendStatus>(
    "weir_backend_ejected",
    "Whether the backend is ejected or on trial because its sessions failed.",
    ({ figures }) => Number(figures.ejection !== 0),
  ),
  {
    kind: "gauge",
    name: "weir_backend_mode",
    help: "The backend's mode: 1 for the mode it is in, 0 for the others.",
    samples: BACKEND_MODE_NAMES.map((name) => ({
      labels: { mode: name },
      read: ({ mode }) => Number(mode === name),
    })),
  },
  gauge<BackendStatus>(
    "weir_backend_configured_weight",
    "The backend's weight according to the configuration file.",
    ({ configuredWeight }) => configuredWeight,
  ),
  gauge<BackendStatus>(
    "weir_backend_max_connections",
    "How many sessions the backend may have at once, by its agent or the file; 0 means no limit.",
    ({ maxConnections }) => maxConnections,
  ),
  gauge<BackendStatus>(
    "weir_backend_leaving",
    "Whether the backend has been removed and is finishing its remaining sessions.",
    ({ condition }) => Number(condition === "leaving"),
  ),
  ...familiesOf<BackendStatus>("weir_backend_", [BACKEND_CELLS, BACKEND_READINGS, BACKEND_TALLIES]),
  histogram<BackendStatus>(
    "weir_backend_",
    CONNECT_TIME,
    ({ figures }) => figures.connectTimes,
    ({ figures }) => figures.connectTimeSumMs,
  ),
];

/** The metrics of each worker. */
export const WORKER_FAMILIES: readonly MetricFamily<WorkerStatus>[] = [
  {
    kind: "info",
    name: "weir_worker_info",
    help: "The engine that the worker runs.",
    samples: [{ read: () => 1 }],
    labelsOf: ({ engine }) => ({ engine }),
  },
  ...familiesOf<WorkerStatus>("weir_worker_", [WORKER_CELLS, WORKER_TALLIES]),
];

function gauge<Subject>(
  name: string,
  help: string,
  read: (subject: Subject) => number,
): MetricFamily<Subject> {
  return { kind: "gauge", name, help, samples: [{ read }] };
}

/** Makes the metrics of tables of counters; rows of the same metric become its samples. */
function familiesOf<Subject extends { readonly figures: object }>(
  prefix: string,
  tables: readonly Readonly<Record<string, CounterDefinition>>[],
): MetricFamily<Subject>[] {
  const rows = tables.flatMap((table) => Object.entries(table))
    .filter(([, { internal }]) => internal !== true);
  return [...Map.groupBy(rows, ([, { metric }]) => metric)].map(([metric, group]) => {
    const [[, { kind, help }]] = group as [typeof group[0]];
    return { kind, name: prefix + metric, help, samples: group.map(sampleOf<Subject>) };
  });
}

function sampleOf<Subject extends { readonly figures: object }>(
  [name, { labels, scale = 1 }]: [string, CounterDefinition],
): MetricSample<Subject> {
  // Figures have the names of the tables' rows; snapshot.ts makes them so.
  const read = ({ figures }: Subject): number =>
    (figures as Readonly<Record<string, number>>)[name] as number * scale;
  return labels === undefined ? { read } : { labels, read };
}

function histogram<Subject>(
  prefix: string,
  { metric, help, bounds, scale }: HistogramDefinition,
  counts: (subject: Subject) => readonly number[],
  sum: (subject: Subject) => number,
): HistogramFamily<Subject> {
  return {
    kind: "histogram",
    name: prefix + metric,
    help,
    // Rounded, as a bound is a label and so a text: 0.1 × 0.001 must not come out as 0.0001000…2.
    bounds: bounds.map((bound) => Number((bound * scale).toPrecision(6))),
    counts,
    sum: (subject) => sum(subject) * scale,
  };
}
