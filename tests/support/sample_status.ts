/** Statuses as the admin API returns them, for tests of displays. */
import type {
  BackendView,
  ListenerView,
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
import type { BackendFigures } from "../../lib/state/snapshot.ts";

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
export interface ListenerSample
  extends Partial<Omit<ListenerView, "backends" | "figures" | "rates">> {
  readonly figures?: Partial<ListenerView["figures"]>;
  readonly rates?: Partial<Rates>;
}

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

/** A listener with these backends. */
export function sampleListener(
  backends: readonly BackendView[],
  sample: ListenerSample = {},
): ListenerView {
  return {
    key: "24003",
    address: "0.0.0.0:24003",
    addresses: ["0.0.0.0:24003"],
    pool: "24003",
    algorithm: "weighted_round_robin",
    engine: "streams",
    engineReason: "",
    maxConnections: 0,
    ready: true,
    notReadyReasons: [],
    unresolved: [],
    leaving: false,
    backends,
    ...sample,
    figures: {
      ...zeros<ListenerView["figures"]>(POOL_CELLS, POOL_TALLIES, LISTENER_CELLS, LISTENER_TALLIES),
      ...sample.figures,
    },
    rates: { ...NO_RATES, ...sample.rates },
  };
}

/** The status of a healthy Weir with these listeners. */
export function sampleStatus(
  listeners: readonly ListenerView[],
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
    listeners,
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
