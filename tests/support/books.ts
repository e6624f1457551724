import {
  BackendCell,
  BackendTally,
  ListenerCell,
  ListenerTally,
  PoolCell,
  PoolTally,
} from "../../lib/state/counters.ts";
import type { Supervisor } from "../../lib/supervisor/supervisor.ts";

/** The counts of the shared state, summed over all workers, listeners, pools and backends. */
export interface Books {
  /** Active sessions of the listeners. */
  readonly active: number;
  /** Clients that are waiting for a place. */
  readonly queued: number;
  /** Rows and slots whose count of active sessions is not 0; empty when nothing is active. */
  readonly busyRows: readonly string[];
  readonly admitted: number;
  readonly refused: number;
  /** Sessions that had a backend. */
  readonly sessions: number;
  readonly retries: number;
  readonly connectFailures: number;
  readonly connectTimeouts: number;
  readonly portsExhausted: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly timeouts: number;
  /** Sessions that each backend was connected for, in the order of the settings. */
  readonly perBackend: readonly number[];
}

/** Reads the shared state. */
export function readBooks(supervisor: Supervisor): Books {
  const { state, generation } = supervisor;
  const slots = Array.from({ length: state.layout.workerSlots }, (_, slot) => slot);
  const listenerRows = generation.listeners.map(({ row }) => row);
  const poolRows = generation.pools.map(({ row }) => row);
  const backendRows = generation.pools.flatMap(({ backendRows }) => backendRows);
  const busyRows: string[] = [];
  function expectIdle(what: string, active: number): void {
    if (active !== 0) busyRows.push(`${what} has ${active}`);
  }
  function ofListeners(tally: number): number {
    return total(slots, listenerRows, (slot, row) => state.listenerTally(slot, row, tally));
  }
  function ofBackends(tally: number, rows: readonly number[] = backendRows): number {
    return total(slots, rows, (slot, row) => state.backendTally(slot, row, tally));
  }

  let active = 0;
  let queued = 0;
  for (const row of listenerRows) {
    active += state.listenerCell(row, ListenerCell.active);
    expectIdle(`listener row ${row}`, state.listenerCell(row, ListenerCell.active));
    for (const slot of slots) {
      const tally = state.listenerTally(slot, row, ListenerTally.active);
      expectIdle(`worker ${slot}, listener row ${row}`, tally);
    }
  }
  for (const row of poolRows) {
    queued += state.pools.cell(row, PoolCell.queued);
    expectIdle(`pool row ${row}`, state.pools.cell(row, PoolCell.active));
    for (const slot of slots) {
      const tally = state.pools.tally(slot, row, PoolTally.active);
      expectIdle(`worker ${slot}, pool row ${row}`, tally);
    }
  }
  for (const row of backendRows) {
    expectIdle(`backend row ${row}`, state.backendCell(row, BackendCell.active));
    for (const slot of slots) {
      const tally = state.backendTally(slot, row, BackendTally.active);
      expectIdle(`worker ${slot}, backend row ${row}`, tally);
    }
  }
  const refused = ofListeners(ListenerTally.refusedMaxConnections);
  return {
    active,
    queued,
    busyRows,
    refused,
    admitted: ofListeners(ListenerTally.accepted) - refused,
    sessions: ofBackends(BackendTally.sessions),
    retries: ofListeners(ListenerTally.connectRetries),
    connectFailures: ofBackends(BackendTally.connectFailures),
    connectTimeouts: ofBackends(BackendTally.connectTimeouts),
    portsExhausted: ofBackends(BackendTally.portsExhausted),
    bytesIn: ofBackends(BackendTally.bytesIn),
    bytesOut: ofBackends(BackendTally.bytesOut),
    timeouts: ofListeners(ListenerTally.endedByTimeout),
    perBackend: backendRows.map((row) => ofBackends(BackendTally.sessions, [row])),
  };
}

function total(
  slots: readonly number[],
  rows: readonly number[],
  read: (slot: number, row: number) => number,
): number {
  let sum = 0;
  for (const slot of slots) for (const row of rows) sum += read(slot, row);
  return sum;
}
