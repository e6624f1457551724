import { EJECTION, HEALTH, MODE } from "../state/codes.ts";
import { BackendCell } from "../state/counters.ts";
import type { SharedState } from "../state/shared_state.ts";

/** The ways on from the start of an ejection to its end, in which order `endEjection` tries them. */
const EJECTED_CODES = [EJECTION.ejected, EJECTION.trialOpen, EJECTION.onTrial] as const;

/** Whether a backend is ejected, or waits for its trial to tell. */
export function isEjected(state: SharedState, row: number): boolean {
  return state.backendCell(row, BackendCell.ejection) !== EJECTION.none;
}

/** Whether a backend would take sessions if it were not ejected. */
export function isUsableBut(state: SharedState, row: number): boolean {
  return state.backendCell(row, BackendCell.health) === HEALTH.up &&
    state.backendCell(row, BackendCell.mode) === MODE.ready &&
    state.backendCell(row, BackendCell.weight) > 0;
}

/** Whether a backend takes sessions, apart from a limit that it may have reached. */
export function isUsable(state: SharedState, row: number): boolean {
  return isUsableBut(state, row) && !isEjected(state, row);
}

/** Lets a backend take sessions again, and tells whether it was ejected. */
export function endEjection(state: SharedState, row: number): boolean {
  const ended = EJECTED_CODES.some((code) =>
    state.replaceBackendCell(row, BackendCell.ejection, code, EJECTION.none)
  );
  if (!ended) return false;
  state.setBackendCell(row, BackendCell.failuresInRow, 0);
  state.advanceEpoch();
  return true;
}
