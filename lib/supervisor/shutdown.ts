import { formatDuration } from "../base/duration.ts";
import { loggerFor } from "../log/logging.ts";
import { ListenerCell } from "../state/counters.ts";
import type { Supervisor } from "./supervisor.ts";

const PROGRESS_MS = 1_000;

/**
 * Ends a supervisor as the settings say: goes on serving for `shutdown_delay`, then accepts nobody
 * any more, waits for the sessions, and closes those that are left. Says every second how far it is.
 */
export async function shutDown(supervisor: Supervisor, cause: string): Promise<void> {
  const logger = loggerFor("supervisor");
  const { shutdownDelayMs } = supervisor.settings;
  if (shutdownDelayMs > 0) {
    const delay = formatDuration(shutdownDelayMs);
    logger.info("{cause}: not ready any more; new sessions are served for {delay}", {
      cause,
      delay,
    });
    await new Promise((resolve) => setTimeout(resolve, shutdownDelayMs));
  }
  // A reload during the delay may have changed it.
  const timeout = formatDuration(supervisor.settings.drainTimeoutMs);
  logger.info("{cause}: no new sessions; those under way have {timeout}", { cause, timeout });
  const progress = setInterval(() => {
    const active = countActive(supervisor);
    if (active > 0) logger.info("{active} sessions have not ended yet", { active });
  }, PROGRESS_MS);
  try {
    const closed = await supervisor.drain();
    if (closed === 0) logger.info("Every session has ended; bye");
    else logger.warn("Closed {closed} sessions that had not ended in time; bye", { closed });
  } finally {
    clearInterval(progress);
  }
}

function countActive(supervisor: Supervisor): number {
  const { planner, state } = supervisor;
  let active = 0;
  for (const row of planner.listenerRows()) active += state.listenerCell(row, ListenerCell.active);
  return active;
}
