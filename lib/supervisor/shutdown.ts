import { counted } from "../base/counted.ts";
import { formatDuration } from "../base/duration.ts";
import { loggerFor } from "../log/logging.ts";
import { ListenerCell } from "../state/counters.ts";
import type { Supervisor } from "./supervisor.ts";

/**
 * When to log the progress of a shutdown, in seconds; after the last one, it repeats at that
 * interval.
 */
const PROGRESS_S = [1, 2, 5, 10, 30] as const;
const LAST_PROGRESS_S = 30;

/**
 * Shuts a supervisor down as the settings say: goes on serving for `shutdown_delay`, then stops
 * accepting, waits for the sessions, and closes those that are left. Logs the progress now and
 * then.
 *
 * @param cutShort aborted by a caller that terminates the supervisor at once: the outcome is not
 * logged then
 */
export async function shutDown(
  supervisor: Supervisor,
  cause: string,
  cutShort: AbortSignal,
): Promise<void> {
  const logger = loggerFor("supervisor");
  const { shutdownDelayMs } = supervisor.settings;
  if (shutdownDelayMs > 0) {
    const delay = formatDuration(shutdownDelayMs);
    logger.info("{cause}: no longer ready; new sessions are still accepted for {delay}", {
      cause,
      delay,
    });
    await pause(shutdownDelayMs, cutShort);
  }
  if (cutShort.aborted) return;
  // A reload during the delay may have changed it.
  const timeout = formatDuration(supervisor.settings.drainTimeoutMs);
  logger.info("{cause}: no new sessions; active ones have {timeout}", { cause, timeout });
  const over = new AbortController();
  void tellProgress(supervisor, AbortSignal.any([over.signal, cutShort]));
  try {
    const closed = await supervisor.drain();
    if (cutShort.aborted) return;
    const sessions = counted(closed, "session");
    if (closed === 0) logger.info("Every session has ended");
    else logger.warn("Closed {sessions} that had not ended in time", { sessions, closed });
  } finally {
    over.abort();
  }
}

async function tellProgress(supervisor: Supervisor, over: AbortSignal): Promise<void> {
  const logger = loggerFor("supervisor");
  let elapsedS = 0;
  for (let step = 0;; step++) {
    const nextS = PROGRESS_S[step] ?? elapsedS + LAST_PROGRESS_S;
    await pause(1000 * (nextS - elapsedS), over);
    if (over.aborted) return;
    elapsedS = nextS;
    const active = countActive(supervisor);
    const sessions = `${counted(active, "session")} ${active === 1 ? "has" : "have"}`;
    if (active > 0) logger.info("{sessions} not ended yet", { sessions, active });
  }
}

/** Waits for a time, or until aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
}

function countActive(supervisor: Supervisor): number {
  const { planner, state } = supervisor;
  let active = 0;
  for (const row of planner.listenerRows()) active += state.listenerCell(row, ListenerCell.active);
  return active;
}
