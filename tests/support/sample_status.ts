/** Statuses as the admin API returns them, for tests of displays. */
import type {
  BackendView,
  ListenerRates,
  ListenerView,
  PoolView,
  Rates,
  StatusView,
} from "../../lib/admin/metrics/status_view.ts";
import {
  BACKEND_CELLS,
  BACKEND_READINGS,
  BACKEND_TALLIES,
  LISTENER_CELLS,
  LISTENER_TALLIES,
  POOL_CELLS,
  POOL_TALLIES,
} from "../../lib/state/counters.ts";
import type { BackendFigures, ListenerFigures, PoolFigures } from "../../lib/state/snapshot.ts";

const NO_RATES: Rates = {
  sessionsPerSecond: 0,
  bytesInPerSecond: 0,
  bytesOutPerSecond: 0,
  errorsPerSecond: 0,
  connectTimeP50Ms: null,
  connectTimeP99Ms: null,
};

/** How a backend differs from one that is up and idle. */
export interface BackendSample extends Partial<Omit<BackendView, "figures" | "rates">> {
  readonly figures?: Partial<BackendFigures>;
  readonly rates?: Partial<Rates>;
}

/** How a listener differs from one that is idle. */
export interface ListenerSample extends Partial<Omit<ListenerView, "figures" | "rates">> {
  readonly figures?: Partial<ListenerFigures>;
  readonly rates?: Partial<ListenerRates>;
}

/** How a pool differs from one that is idle. */
export interface PoolSample extends Partial<Omit<PoolView, "backends" | "figures" | "rates">> {
  readonly figures?: Partial<PoolFigures>;
  readonly rates?: Partial<Rates>;
}

/** A part of a status: some listeners and pools. */
export type StatusPart = Pick<StatusView, "listeners" | "pools">;

/** A backend that is up and idle except for what `sample` says. */
export function sampleBackend(name: string, sample: BackendSample = {}): BackendView {
  return {
    id: `24003/${name}`,
    name,
    condition: "up",
    health: "up",
    mode: "ready",
    backup: false,
    configuredWeight: 1,
    weight: 1,
    maxConnections: 0,
    differsFromFile: [],
    ...sample,
    figures: {
      ...zeros<BackendFigures>(BACKEND_CELLS, BACKEND_READINGS, BACKEND_TALLIES),
      ...sample.figures,
    },
    rates: { ...NO_RATES, ...sample.rates },
  };
}

/** A listener, `24003` unless `sample` says otherwise, with the pool of the same name. */
export function sampleListener(sample: ListenerSample = {}): ListenerView {
  const { key = "24003", pool = key } = sample;
  return {
    addresses: ["0.0.0.0:24003"],
    engine: "streams",
    engineReason: "",
    maxConnections: 0,
    ready: true,
    notReadyReasons: [],
    leaving: false,
    ...sample,
    key,
    pool,
    figures: {
      ...zeros<ListenerFigures>(LISTENER_CELLS, LISTENER_TALLIES),
      ...sample.figures,
    },
    rates: { sessionsPerSecond: 0, refusedPerSecond: 0, ...sample.rates },
  };
}

/** A pool, `24003` unless `sample` says otherwise, with these backends. */
export function samplePool(backends: readonly BackendView[], sample: PoolSample = {}): PoolView {
  return {
    name: "24003",
    algorithm: "weighted_round_robin",
    maxSessions: 0,
    ready: true,
    unresolved: [],
    leaving: false,
    backends,
    ...sample,
    figures: { ...zeros<PoolFigures>(POOL_CELLS, POOL_TALLIES), ...sample.figures },
    rates: { ...NO_RATES, ...sample.rates },
  };
}

/** What an entry in `[mappings]` makes: a listener and a pool of its name with these backends. */
export function sampleMapping(
  backends: readonly BackendView[],
  listener: ListenerSample = {},
  pool: PoolSample = {},
): StatusPart {
  const { key = "24003", leaving = false } = listener;
  return {
    listeners: [sampleListener(listener)],
    pools: [samplePool(backends, { name: key, leaving, ...pool })],
  };
}

/** The status of a healthy Weir with these listeners and pools. */
export function sampleStatus(
  parts: readonly StatusPart[],
  sample: Partial<StatusView> = {},
): StatusView {
  return {
    atMs: 1_700_000_060_000,
    startedAtMs: 1_700_000_000_000,
    version: "0.1.0",
    file: "setup.cfg",
    phase: "running",
    ready: true,
    notReadyReasons: [],
    listeners: parts.flatMap(({ listeners }) => listeners),
    pools: parts.flatMap(({ pools }) => pools),
    workers: [],
    reloads: { succeeded: 0, failed: 0 },
    accessLogDropped: 0,
    ...sample,
  };
}

function zeros<T>(...tables: readonly object[]): T {
  const names = tables.flatMap((table) => Object.keys(table));
  return Object.fromEntries(names.map((name) => [name, 0])) as T;
}
