import type { Outcome } from "../balance/ledger.ts";
import { TRIAL_MS } from "../health/ejection.ts";
import type { Ender } from "../log/close_reason.ts";
import type { EarlyReset } from "../state/early_reset.ts";

/** The course of a session with the backend that it was connected to. Times are `performance.now()`. */
export interface SessionCourse {
  readonly connectedMs: number;
  /** When the first byte for the backend came from the client; meaningless while there is none. */
  readonly firstInMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The session has lasted for as long as it may. */
const TIMEOUTS: ReadonlySet<Ender> = new Set([
  "timeout",
  "client_timeout",
  "backend_timeout",
  "lifetime",
]);

/** Whether the session has lasted the time of a trial without being reset by the backend. */
export function hasStood(course: SessionCourse, nowMs: number): boolean {
  const { bytesIn, firstInMs, connectedMs } = course;
  return nowMs - (bytesIn > 0 ? firstInMs : connectedMs) >= TRIAL_MS;
}

/**
 * What the end of a session says about its backend.
 *
 * @param client its key is asked for only where it is needed
 */
export function outcomeOf(
  by: Ender,
  course: SessionCourse,
  nowMs: number,
  client: Pick<EarlyReset, "clientKey">,
): Outcome {
  const { bytesIn, bytesOut, connectedMs } = course;
  if (by === "backend") {
    if (bytesOut > 0) return "aborted";
    return { hadInput: bytesIn > 0, openMs: nowMs - connectedMs, clientKey: client.clientKey };
  }
  // A backend that has received something and ends normally has accepted it.
  const isGood = bytesOut > 0 || (by === "done" && bytesIn > 0) || TIMEOUTS.has(by);
  return isGood || hasStood(course, nowMs) ? "served" : "abandoned";
}
