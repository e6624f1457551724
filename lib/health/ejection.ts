import { EJECTION, HEALTH, MODE } from "../state/codes.ts";
import { BackendCell } from "../state/counters.ts";
import type { EarlyReset } from "../state/early_reset.ts";
import type { SharedState } from "../state/shared_state.ts";

/** The longest ejection, however many ejections in a row there were. */
const LONGEST_EJECTION_MS = 300_000;
/** Up to this much is added, so that backends that failed together do not come back together. */
const JITTER = 0.1;

/**
 * How long an ejection lasts: `fail_timeout` times the number of ejections in a row, at most five
 * minutes, or `fail_timeout` itself where that is longer; and up to a tenth more.
 *
 * This is Envoy's rule (`base_ejection_time`, `max_ejection_time`).
 *
 * @param inRow 1 for the first one
 * @param random uniform in [0, 1)
 */
export function ejectionTimeMs(failTimeoutMs: number, inRow: number, random: number): number {
  const cap = Math.max(LONGEST_EJECTION_MS, failTimeoutMs);
  return Math.min(failTimeoutMs * inRow, cap) * (1 + JITTER * random);
}

/** The upper bound of {@linkcode ejectionTimeMs}. */
export function longestEjectionMs(failTimeoutMs: number): number {
  return Math.max(LONGEST_EJECTION_MS, failTimeoutMs) * (1 + JITTER);
}

/**
 * How many backends of a pool may be ejected at once: the percentage, rounded down, but at least
 * one where there are two or more, and never all of them. 0 % means none.
 */
export function mostEjected(backends: number, maxEjectedPercent: number): number {
  if (maxEjectedPercent === 0 || backends < 2) return 0;
  const share = Math.floor((backends * maxEjectedPercent) / 100);
  return Math.min(Math.max(1, share), backends - 1);
}

/**
 * A backend passes its trial when the session has lasted this long: since the client's first byte,
 * or since it was connected if the client sends nothing.
 */
export const TRIAL_MS = 1_000;

/** How often to check a trial session, so that its trial does not last much longer than that. */
export const TRIAL_LOOK_MS = 100;

/** At least this many clients must have been reset before the backend is blamed. */
const LEAST_CLIENTS = 3;

/**
 * Whether a client may have caused a reset. A backend that closes with unread input resets the
 * connection, and it may cut off a client that has kept it waiting; a client that has just been
 * connected and has sent nothing can have caused neither.
 */
export function mayBeProvoked({ hadInput, openMs }: EarlyReset): boolean {
  return hadInput || openMs >= TRIAL_MS;
}

/**
 * Whether resets that clients may have caused still show that the backend is at fault, because they
 * affect too many clients and too large a share of its sessions.
 */
export function isToBlame({ clients, resets, sessions }: ResetCounts): boolean {
  return clients >= LEAST_CLIENTS && 2 * resets >= sessions;
}

/** Recent counts of a backend's sessions. */
export interface ResetCounts {
  /** Different clients whose sessions were reset. */
  readonly clients: number;
  readonly resets: number;
  /** All sessions that were connected. */
  readonly sessions: number;
}

/** The stages of an ejection from start to end, in the order in which `endEjection` tries them. */
const EJECTED_CODES = [EJECTION.ejected, EJECTION.trialOpen, EJECTION.onTrial] as const;

/** Whether a backend is ejected or on trial. */
export function isEjected(state: SharedState, row: number): boolean {
  return state.backendCell(row, BackendCell.ejection) !== EJECTION.none;
}

/** Whether a backend would take sessions if it were not ejected. */
export function isUsableBut(state: SharedState, row: number): boolean {
  return state.backendCell(row, BackendCell.health) === HEALTH.up &&
    state.backendCell(row, BackendCell.agentDown) === 0 &&
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
