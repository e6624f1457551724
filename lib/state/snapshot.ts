import {
  BACKEND_CELLS,
  BACKEND_READINGS,
  BACKEND_TALLIES,
  LISTENER_CELLS,
  LISTENER_TALLIES,
  POOL_CELLS,
  POOL_TALLIES,
} from "./counters.ts";
import { WORKER_CELLS, WORKER_TALLIES } from "./worker_counters.ts";
import {
  BACKEND_TALLY_COLUMNS,
  CONNECT_TIME,
  LISTENER_TALLY_COLUMNS,
  SESSION_DURATION,
} from "./histograms.ts";
import type { SharedState } from "./shared_state.ts";

/** Whose figures to read, by their rows. */
export interface SnapshotScope {
  readonly listeners: readonly { readonly key: string; readonly row: number }[];
  readonly pools: readonly {
    readonly name: string;
    readonly row: number;
    readonly backends: readonly { readonly name: string; readonly row: number }[];
  }[];
  /** The slots of the running workers. */
  readonly workers: readonly number[];
}

/** Figures by their names in the tables of counters, in the units stored there. */
export type Figures<Name extends string> = { readonly [N in Name]: number };

export interface BackendFigures extends
  Figures<
    keyof typeof BACKEND_CELLS | keyof typeof BACKEND_READINGS | keyof typeof BACKEND_TALLIES
  > {
  /** How many sessions each bucket of `CONNECT_TIME` has. */
  readonly connectTimes: readonly number[];
}

export interface ListenerFigures
  extends Figures<keyof typeof LISTENER_CELLS | keyof typeof LISTENER_TALLIES> {
  /** How many sessions each bucket of `SESSION_DURATION` has. */
  readonly durations: readonly number[];
}

export type PoolFigures = Figures<keyof typeof POOL_CELLS | keyof typeof POOL_TALLIES>;

export type WorkerFigures = Figures<keyof typeof WORKER_CELLS | keyof typeof WORKER_TALLIES>;

/** A plain read of the shared counters at one moment. Totals include workers that have ended. */
export interface Snapshot {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly listeners: readonly {
    readonly key: string;
    readonly figures: ListenerFigures;
  }[];
  readonly pools: readonly {
    readonly name: string;
    readonly figures: PoolFigures;
    readonly backends: readonly { readonly name: string; readonly figures: BackendFigures }[];
  }[];
  readonly workers: readonly { readonly slot: number; readonly figures: WorkerFigures }[];
}

/** Reads the counters. Costs the workers nothing, as they are not asked. */
export function takeSnapshot(state: SharedState, scope: SnapshotScope): Snapshot {
  const reader = new FigureReader(state);
  return {
    atMs: Date.now(),
    listeners: scope.listeners.map(({ key, row }) => ({ key, figures: reader.listener(row) })),
    pools: scope.pools.map(({ name, row, backends }) => ({
      name,
      figures: reader.pool(row),
      backends: backends.map(({ name, row }) => ({ name, figures: reader.backend(row) })),
    })),
    workers: scope.workers.map((slot) => ({ slot, figures: reader.worker(slot) })),
  };
}

const NAMES = {
  backendCells: Object.keys(BACKEND_CELLS),
  backendReadings: Object.keys(BACKEND_READINGS),
  backendTallies: Object.keys(BACKEND_TALLIES),
  listenerCells: Object.keys(LISTENER_CELLS),
  listenerTallies: Object.keys(LISTENER_TALLIES),
  poolCells: Object.keys(POOL_CELLS),
  poolTallies: Object.keys(POOL_TALLIES),
  workerCells: Object.keys(WORKER_CELLS),
  workerTallies: Object.keys(WORKER_TALLIES),
};

/** Reads rows by the names in the tables. One buffer serves all rows, as there may be thousands. */
class FigureReader {
  readonly #state: SharedState;
  readonly #backendSums = new Float64Array(BACKEND_TALLY_COLUMNS);
  readonly #listenerSums = new Float64Array(LISTENER_TALLY_COLUMNS);

  constructor(state: SharedState) {
    this.#state = state;
  }

  backend(row: number): BackendFigures {
    const state = this.#state;
    const sums = this.#backendSums;
    state.sumBackendTallies(row, sums);
    const figures: Record<string, number | readonly number[]> = {};
    // Tallies first: a cell of the same name is the total of which they are the shares.
    readColumns(NAMES.backendTallies, figures, (column) => sums[column] as number);
    readColumns(NAMES.backendCells, figures, (column) => state.backendCell(row, column));
    readColumns(NAMES.backendReadings, figures, (column) => state.backendReading(row, column));
    figures.connectTimes = Array.from(sums.subarray(CONNECT_TIME.column));
    // The names are those of the tables from which the type is derived.
    return figures as unknown as BackendFigures;
  }

  listener(row: number): ListenerFigures {
    const state = this.#state;
    const sums = this.#listenerSums;
    state.sumListenerTallies(row, sums);
    const figures: Record<string, number | readonly number[]> = {};
    readColumns(NAMES.listenerTallies, figures, (column) => sums[column] as number);
    readColumns(NAMES.listenerCells, figures, (column) => state.listenerCell(row, column));
    figures.durations = Array.from(sums.subarray(SESSION_DURATION.column));
    return figures as unknown as ListenerFigures;
  }

  pool(row: number): PoolFigures {
    const state = this.#state;
    const figures: Record<string, number> = {};
    readColumns(NAMES.poolTallies, figures, (column) => state.pools.tallySum(row, column));
    readColumns(NAMES.poolCells, figures, (column) => state.pools.cell(row, column));
    return figures as PoolFigures;
  }

  worker(slot: number): WorkerFigures {
    const state = this.#state;
    const figures: Record<string, number> = {};
    readColumns(NAMES.workerCells, figures, (column) => state.workerCell(slot, column));
    readColumns(NAMES.workerTallies, figures, (column) => state.workerTally(slot, column));
    return figures as WorkerFigures;
  }
}

function readColumns(
  names: readonly string[],
  figures: Record<string, number | readonly number[]>,
  read: (column: number) => number,
): void {
  for (let column = 0; column < names.length; column++) {
    figures[names[column] as string] = read(column);
  }
}
