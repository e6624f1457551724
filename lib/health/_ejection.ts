import { EJECTION, HEALTH, MODE } from "../state/codes.ts";
import { BackendCell } from "../state/counters.ts";
import type { SharedState } from "../state/shared_state.ts";

/** The stages of an ejection from start to end, in the order in which `endEjection` tries them. */
const EJECTED_CODES = [EJECTION.ejected, EJECTION.trialOpen, EJECTION.onTrial] as const;

/** Whether a backend is ejected or on trial. */
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

/** Lets a backend take sessions again, and returns whether it was ejected. */
export function endEjection(state: SharedState, row: number): boolean {
  const ended = EJECTED_CODES.some((code) =>
    state.replaceBackendCell(row, BackendCell.ejection, code, EJECTION.none)
  );
  if (!ended) return false;
  forgetFailures(state, row);
  state.advanceEpoch();
  return true;
}

/** Whether resets contributed to the ejection, and not only failed connections. */
export function isEjectedForResets(state: SharedState, row: number): boolean {
  return isEjected(state, row) && state.backendCell(row, BackendCell.resetsInRow) !== 0;
}

/** Resets the count of failures in a row. The cause of an ejection is kept while it lasts. */
export function forgetFailures(state: SharedState, row: number): void {
  state.setBackendCell(row, BackendCell.failuresInRow, 0);
  if (!isEjected(state, row)) state.setBackendCell(row, BackendCell.resetsInRow, 0);
}
