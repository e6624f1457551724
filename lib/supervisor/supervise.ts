import { formatDuration } from "../base/duration.ts";
import type { LoadedSettings } from "../config/load_settings.ts";
import type { Settings } from "../config/settings.ts";
import { configureLogging, loggerFor } from "../log/logging.ts";
import { AccessLogOwner } from "./access_log_owner.ts";
import { closeInspector } from "./close_inspector.ts";
import { describeListener } from "./describe_listener.ts";
import { describeBindProblem, prepareSettings } from "./prepare_settings.ts";
import { Reloader } from "./reloader.ts";
import { onSignals } from "./signals.ts";
import { Supervisor } from "./supervisor.ts";
import type { WorkerUrls } from "./worker_urls.ts";

export interface SuperviseInputs {
  readonly settings: Settings;
  readonly workerUrls: WorkerUrls;
  /** Weir's own version. */
  readonly version: string;
  /** Reads the configuration again, for a reload. */
  readonly load: () => Promise<LoadedSettings>;
  /** Called when every listener accepts. */
  readonly onReady?: () => void;
}

/** Exit statuses of a run. */
const STOPPED = 0;
const FAILED = 1;

/**
 * Runs Weir until a signal stops it, and gives the exit status: 0 after a drain, 1 when it could not
 * be started or was told to end at once. What went wrong has been logged by then. Never rejects.
 */
export async function supervise(inputs: SuperviseInputs): Promise<number> {
  configureLogging({ level: inputs.settings.logLevel, format: inputs.settings.logFormat });
  const logger = loggerFor("supervisor");
  const { settings, problems, warnings } = await prepareSettings(inputs.settings, []);
  for (const warning of warnings) logger.warn("{warning}", { warning });
  if (settings === undefined) {
    for (const problem of problems) logger.error("{problem}; nothing was started", { problem });
    return FAILED;
  }
  const accessLog = new AccessLogOwner();
  const supervisor = new Supervisor({ settings, workerUrls: inputs.workerUrls, accessLog });
  const reloader = new Reloader({ supervisor, accessLog, load: inputs.load });
  const stopped = Promise.withResolvers<string>();
  const stoppedAgain = Promise.withResolvers<string>();
  const ignoreSignals = onSignals({
    stop: (name, before) => (before === 0 ? stopped : stoppedAgain).resolve(name),
    reload: (name) => {
      if (name === "SIGUSR1") void closeInspector();
      void reloader.reload(name);
    },
    reopen: () => void accessLog.reopen(),
  });
  try {
    if (!await start(supervisor, accessLog)) return FAILED;
    logger.info("Weir {version} is ready", { version: inputs.version });
    inputs.onReady?.();
    const signal = await stopped.promise;
    return await Promise.race([
      drain(supervisor, signal),
      stoppedAgain.promise.then((name) => {
        logger.warn("{name} again: ending at once", { name });
        return FAILED;
      }),
    ]);
  } finally {
    supervisor.terminate();
    await accessLog.close();
    ignoreSignals();
  }
}

/** Starts everything or nothing, and tells which. */
async function start(supervisor: Supervisor, accessLog: AccessLogOwner): Promise<boolean> {
  const logger = loggerFor("supervisor");
  const { settings } = supervisor;
  try {
    await accessLog.use(settings.accessLog);
    const problems = (await supervisor.start()).map(describeBindProblem);
    for (const problem of problems) logger.error("{problem}; nothing was started", { problem });
    if (problems.length > 0) return false;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    logger.error("{message}; nothing was started", { message });
    return false;
  }
  for (const listener of settings.listeners) {
    logger.info("{line}", { line: describeListener(listener, settings.workers) });
  }
  return true;
}

async function drain(supervisor: Supervisor, signal: string): Promise<number> {
  const logger = loggerFor("supervisor");
  const timeout = formatDuration(supervisor.settings.drainTimeoutMs);
  logger.info("{signal}: no new sessions; those under way have {timeout}", { signal, timeout });
  const closed = await supervisor.drain();
  if (closed === 0) logger.info("Every session has ended; bye");
  else logger.warn("Closed {closed} sessions that had not ended in time; bye", { closed });
  return STOPPED;
}
