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
  forgetFailures(state, row);
  state.advanceEpoch();
  return true;
}

/** Whether resets had a share in the ejection, and not only connections that failed. */
export function isEjectedForResets(state: SharedState, row: number): boolean {
  return isEjected(state, row) && state.backendCell(row, BackendCell.resetsInRow) !== 0;
}

/** Forgets the failures in a row. What a backend is ejected for stays as long as it is. */
export function forgetFailures(state: SharedState, row: number): void {
  state.setBackendCell(row, BackendCell.failuresInRow, 0);
  if (!isEjected(state, row)) state.setBackendCell(row, BackendCell.resetsInRow, 0);
}
