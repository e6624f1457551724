import { BackendCell, BackendTally, ListenerTally } from "../../../lib/state/counters.ts";
import { WorkerTally } from "../../../lib/state/worker_counters.ts";
import { CONNECT_TIME } from "../../../lib/state/histograms.ts";
import { SharedState } from "../../../lib/state/shared_state.ts";
import { takeSnapshot } from "../../../lib/state/snapshot.ts";
import type { Status } from "../../../lib/supervisor/status.ts";

/** What a test wants of the one backend. */
export interface SampleFigures {
  readonly atMs?: number;
  readonly sessions?: number;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  readonly connectFailures?: number;
  readonly accepted?: number;
  /** How many sessions each bucket of the connect time has. @default {1, 2, 3 …} */
  readonly connectTimes?: readonly number[];
}

/** A status with figures that shared memory has, and a backend whose name is hard to write. */
export function sampleStatus(sample: SampleFigures = {}): Status {
  const { atMs = 60_000, sessions = 7, bytesIn = 0, bytesOut = 0, connectFailures = 0 } = sample;
  const { accepted = 9, connectTimes = CONNECT_TIME.bounds.map((_, index) => index + 1) } = sample;
  const buckets = sample.connectTimes ?? [...connectTimes, CONNECT_TIME.bounds.length + 1];
  const name = 'b"\\\n:80';
  const state = SharedState.create(2);
  state.setBackendCell(0, BackendCell.weight, 300);
  state.addBackendTally(0, 0, BackendTally.sessions, sessions);
  state.addBackendTally(1, 0, BackendTally.bytesIn, bytesIn);
  state.addBackendTally(1, 0, BackendTally.bytesOut, bytesOut);
  state.addBackendTally(1, 0, BackendTally.connectFailures, connectFailures);
  state.addBackendTally(1, 0, BackendTally.checksFailed, 2);
  state.addBackendTally(0, 0, BackendTally.connectTimeSumMs, 1500);
  buckets.forEach((count, index) => {
    state.addBackendTally(index % 2, 0, CONNECT_TIME.column + index, count);
  });
  state.addListenerTally(0, 0, ListenerTally.accepted, accepted);
  state.addWorkerTally(0, WorkerTally.acceptErrors, 4);
  const { listeners: [listener], pools: [pool], workers } = takeSnapshot(state, {
    listeners: [{ key: "24003", row: 0 }],
    pools: [{ name: "24003", row: 0, backends: [{ name, row: 0 }] }],
    workers: [0],
  });
  if (listener === undefined || pool === undefined) throw new Error("There is no listener");
  return {
    atMs,
    startedAtMs: 1000,
    version: "1.2.3",
    file: "weir.cfg",
    phase: "running",
    ready: true,
    notReadyReasons: [],
    listeners: [{
      key: "24003",
      addresses: ["0.0.0.0:24003"],
      pool: "24003",
      engine: "streams",
      engineReason: "",
      maxConnections: 0,
      ready: true,
      notReadyReasons: [],
      leaving: false,
      figures: listener.figures,
    }],
    pools: [{
      name: "24003",
      algorithm: "p2c",
      maxSessions: 0,
      ready: true,
      unresolved: [],
      leaving: false,
      figures: pool.figures,
      backends: pool.backends.map(({ figures }) => ({
        id: `24003/${name}`,
        name,
        condition: "drain",
        health: "up",
        mode: "drain",
        backup: false,
        configuredWeight: 3,
        weight: 3,
        maxConnections: 0,
        differsFromFile: [],
        figures,
      })),
    }],
    workers: workers.map((worker) => ({ ...worker, engine: "streams", draining: false })),
    reloads: { succeeded: 0, failed: 0 },
    accessLogDropped: 0,
  };
}
