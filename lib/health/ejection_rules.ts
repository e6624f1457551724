import type { EarlyReset } from "../state/early_reset.ts";

/** However many ejections in a row there were, the next one is no longer. */
const LONGEST_EJECTION_MS = 300_000;
/** Up to so much longer, so that backends that failed together do not come back together. */
const JITTER = 0.1;

/**
 * How long an ejection lasts: `fail_timeout` times the number of ejections in a row, at most five
 * minutes, or `fail_timeout` itself where that is longer; and up to a tenth more.
 *
 * The rule is Envoy's (`base_ejection_time`, `max_ejection_time`).
 *
 * @param inRow 1 for the first one
 * @param random uniform in [0, 1)
 */
export function ejectionTimeMs(failTimeoutMs: number, inRow: number, random: number): number {
  const cap = Math.max(LONGEST_EJECTION_MS, failTimeoutMs);
  return Math.min(failTimeoutMs * inRow, cap) * (1 + JITTER * random);
}

/** What {@linkcode ejectionTimeMs} never exceeds. */
export function longestEjectionMs(failTimeoutMs: number): number {
  return Math.max(LONGEST_EJECTION_MS, failTimeoutMs) * (1 + JITTER);
}

/**
 * How many backends of a pool may be ejected at once: the share, rounded down, but one at least
 * where there are two or more, and never all of them. A share of 0 means none.
 */
export function mostEjected(backends: number, maxEjectedPercent: number): number {
  if (maxEjectedPercent === 0 || backends < 2) return 0;
  const share = Math.floor((backends * maxEjectedPercent) / 100);
  return Math.min(Math.max(1, share), backends - 1);
}

/**
 * A backend has passed its trial when the session has stood for so long: since the client's first
 * byte, or since it was connected where the client says nothing.
 */
export const TRIAL_MS = 1_000;

/** How often a session on trial is to be looked at, so that its trial is not much longer than that. */
export const TRIAL_LOOK_MS = 100;

/** So many clients at least have to have been reset before it is the backend that they blame. */
const LEAST_CLIENTS = 3;

/**
 * Whether a client may have brought a reset about. A backend that closes with input unread resets
 * the connection, and one may break a client off that has kept it waiting; who has just been
 * connected and has said nothing can have done neither.
 */
export function mayBeProvoked({ hadInput, openMs }: EarlyReset): boolean {
  return hadInput || openMs >= TRIAL_MS;
}

/**
 * Whether resets that clients may have brought about show all the same that the backend is at fault:
 * too many clients are concerned, and too large a share of its sessions.
 */
export function isToBlame({ clients, resets, sessions }: ResetCounts): boolean {
  return clients >= LEAST_CLIENTS && 2 * resets >= sessions;
}

/** What was seen of late of a backend's sessions. */
export interface ResetCounts {
  /** Different clients whose sessions were reset. */
  readonly clients: number;
  readonly resets: number;
  /** All sessions that were connected. */
  readonly sessions: number;
}
