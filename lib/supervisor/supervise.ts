import { messageOf } from "../base/message_of.ts";
import type { Diagnostic } from "../config/diagnostic.ts";
import type { LoadedFiles } from "../config/load_settings.ts";
import type { ReadFiles } from "../config/read_configuration.ts";
import type { Settings } from "../config/settings.ts";
import { Discovery } from "../discovery/discovery.ts";
import { SystemResolver } from "../discovery/system_resolver.ts";
import { readDescriptorLimit } from "../engine/native/libc/descriptor_limit.ts";
import { configureLogging, loggerFor } from "../log/logging.ts";
import { AccessLogOwner } from "./access_log_owner.ts";
import { closeInspector } from "./close_inspector.ts";
import type { Control } from "./control.ts";
import { poolOf } from "../config/pool_of.ts";
import { describeListener } from "./describe_listener.ts";
import { EventLog } from "./event_log.ts";
import { FileWatcher } from "./file_watcher.ts";
import { HeartbeatMonitor } from "./heartbeat_monitor.ts";
import { logDiagnostics } from "./log_diagnostics.ts";
import { readOpenFilesLimit, warnAboutOpenFiles } from "./open_files.ts";
import { Operator } from "./operator.ts";
import { describeBindProblem, prepareSettings } from "./prepare_settings.ts";
import { Reloader } from "./reloader.ts";
import { shutDown } from "./shutdown.ts";
import { onSignals } from "./signals.ts";
import { Supervisor } from "./supervisor.ts";
import { SystemdNotify } from "./systemd_notify.ts";
import type { WorkerUrls } from "./worker_urls.ts";

export interface SuperviseInputs {
  readonly settings: Settings;
  /** The files that they were read from. */
  readonly files: ReadFiles;
  readonly workerUrls: WorkerUrls;
  /** Weir's own version. */
  readonly version: string;
  /** Warnings about the file that are still to be logged. @default {[]} */
  readonly diagnostics?: readonly Diagnostic[];
  /** Loads the configuration again, for a reload. */
  readonly load: () => Promise<LoadedFiles>;
  /** Called when every listener accepts. */
  readonly onReady?: () => void;
  /**
   * Starts the admin side, and returns a function that ends it. Rejects if it cannot be started.
   */
  readonly attach?: (control: Control) => Promise<() => Promise<void>>;
}

/** Exit statuses of a run. */
const STOPPED = 0;
const FAILED = 1;

/**
 * Runs Weir until it is told to stop, and returns the exit status: 0 after a drain, 1 if it could
 * not be started or was told to end at once. Errors have been logged by then. Never rejects.
 */
export async function supervise(inputs: SuperviseInputs): Promise<number> {
  configureLogging({ level: inputs.settings.logLevel, format: inputs.settings.logFormat });
  logDiagnostics(inputs.diagnostics ?? [], inputs.settings.file, "supervisor");
  const stopped = Promise.withResolvers<string>();
  const stoppedAgain = Promise.withResolvers<string>();
  const created = Promise.withResolvers<Run>();
  // Handled from here on: by default, a signal that asks for a reload would end the process.
  const ignoreSignals = onSignals({
    stop: (name, before) => (before === 0 ? stopped : stoppedAgain).resolve(name),
    reload: (name) => {
      if (name === "SIGUSR1") void closeInspector();
      void created.promise.then((run) => run.reload(name));
    },
    reopen: () => void created.promise.then((run) => run.reopenAccessLog()),
  });
  try {
    const run = await createRun(inputs, stopped);
    if (typeof run === "number") return run;
    created.resolve(run);
    return await run.untilStopped(stoppedAgain.promise);
  } finally {
    ignoreSignals();
  }
}

/** Finds the addresses of all backends. Returns an exit status if there is nothing to run. */
async function createRun(
  inputs: SuperviseInputs,
  stopped: PromiseWithResolvers<string>,
): Promise<Run | number> {
  const logger = loggerFor("supervisor");
  let onResolved = (): void => {};
  const resolver = new SystemResolver();
  const discovery = new Discovery({ resolver, onChange: () => onResolved() });
  const prepared = await Promise.race([
    prepareSettings(inputs.settings, discovery),
    stopped.promise,
  ]);
  if (typeof prepared === "string") {
    discovery.stop();
    logger.info("{cause}: nothing was started yet", { cause: prepared });
    return STOPPED;
  }
  const { settings, warnings } = prepared;
  const problems = [...prepared.problems];
  for (const warning of warnings) logger.warn("{warning}", { warning });
  try {
    if (settings !== undefined) {
      const run = new Run(inputs, settings, discovery, stopped);
      onResolved = () => run.resolved();
      return run;
    }
  } catch (error) {
    problems.push(messageOf(error));
  }
  for (const problem of problems) logger.error("{problem}; nothing was started", { problem });
  return FAILED;
}

/** One run of Weir, from start to end: everything that has the same lifetime. */
class Run {
  readonly #inputs: SuperviseInputs;
  readonly #logger = loggerFor("supervisor");
  readonly #accessLog = new AccessLogOwner();
  readonly #events = new EventLog();
  readonly #supervisor: Supervisor;
  readonly #reloader: Reloader;
  readonly #operator: Operator;
  readonly #discovery: Discovery;
  readonly #systemd = new SystemdNotify();
  readonly #watcher: FileWatcher;
  readonly #heartbeats: HeartbeatMonitor;
  readonly #started = Promise.withResolvers<void>();
  readonly #stopped: PromiseWithResolvers<string>;
  /** Aborted by a second order to stop. */
  readonly #cutShort = new AbortController();
  #openFilesWarning: string | undefined;
  #detach: (() => Promise<void>) | undefined;

  /**
   * Throws a `RangeError` if names resolve to more addresses than there is room for.
   *
   * @param settings with the addresses of every backend
   * @param stopped resolved when Weir is to stop, with the cause
   */
  constructor(
    inputs: SuperviseInputs,
    settings: Settings,
    discovery: Discovery,
    stopped: PromiseWithResolvers<string>,
  ) {
    const { workerUrls, version, files, load } = inputs;
    this.#stopped = stopped;
    const accessLog = this.#accessLog;
    this.#discovery = discovery;
    const events = this.#events;
    this.#inputs = inputs;
    this.#supervisor = new Supervisor({ settings, workerUrls, accessLog, events });
    this.#reloader = new Reloader({
      supervisor: this.#supervisor,
      accessLog,
      events,
      discovery,
      filed: inputs.settings,
      load: async () => {
        const loaded = await load();
        this.#watcher.watch(loaded.files);
        return loaded;
      },
      started: this.#started.promise,
      onReload: () => void this.#systemd.reloading(),
      onReloaded: ({ watch }) => {
        this.#watcher.set(watch);
        this.#warnAboutOpenFiles();
        void this.#systemd.ready();
      },
    });
    this.#operator = new Operator({
      supervisor: this.#supervisor,
      reloader: this.#reloader,
      events,
      accessLog,
      discovery,
      version,
      shutdown: (cause) => stopped.resolve(cause),
    });
    this.#watcher = new FileWatcher(files, () => {
      void this.#reloader.reload("the file was changed");
    });
    this.#heartbeats = new HeartbeatMonitor(this.#supervisor.state, () => performance.now());
  }

  /** Call when names resolve to other addresses than before. */
  resolved(): void {
    this.#reloader.resolved();
  }

  reload(cause: string): void {
    void this.#reloader.reload(cause);
  }

  reopenAccessLog(): void {
    void this.#accessLog.reopen();
  }

  /**
   * Starts, serves and shuts down. Returns the exit status.
   *
   * @param stoppedAgain resolves when Weir is to end at once, whatever it is doing
   */
  async untilStopped(stoppedAgain: Promise<string>): Promise<number> {
    try {
      return await Promise.race([this.#serve(), this.#endAtOnce(stoppedAgain)]);
    } finally {
      this.#heartbeats.stop();
      this.#watcher.close();
      this.#reloader.stop();
      this.#discovery.stop();
      await this.#detach?.();
      this.#supervisor.terminate();
      await this.#accessLog.close();
      await this.#systemd.close();
    }
  }

  async #serve(): Promise<number> {
    if (!await this.#start()) return FAILED;
    this.#started.resolve();
    return await this.#end(await this.#stopped.promise);
  }

  /** Starts everything or nothing, and returns which. */
  async #start(): Promise<boolean> {
    const { settings } = this.#supervisor;
    try {
      await this.#accessLog.use(settings.accessLog);
      const problems = (await this.#supervisor.start()).map(describeBindProblem);
      for (const problem of problems) {
        this.#logger.error("{problem}; nothing was started", { problem });
      }
      if (problems.length > 0) return false;
      this.#detach = await this.#inputs.attach?.(this.#operator);
    } catch (error) {
      this.#logger.error("{message}; nothing was started", { message: messageOf(error) });
      return false;
    }
    this.#warnAboutOpenFiles();
    this.#discovery.update(this.#inputs.settings);
    this.#watcher.set(settings.watch);
    this.#heartbeats.start(() => this.#slots(), (slot, silentMs) => {
      const seconds = Math.round(silentMs / 1000);
      this.#supervisor.replace(slot, `it has had no heartbeat for ${seconds} s`);
    });
    for (const listener of settings.listeners) {
      const choice = this.#supervisor.engineOf(listener);
      const line = describeListener(listener, poolOf(settings, listener), choice, settings.workers);
      this.#logger.info("{line}", { line });
    }
    this.#logger.info("Weir {version} is ready", { version: this.#inputs.version });
    this.#inputs.onReady?.();
    void this.#systemd.ready();
    return true;
  }

  /** Warns once about what the settings in force would need. */
  #warnAboutOpenFiles(): void {
    const limit = readOpenFilesLimit(readDescriptorLimit);
    const warning = warnAboutOpenFiles(
      this.#supervisor.settings,
      limit,
      (listener) => this.#supervisor.engineOf(listener).engine === "native",
    );
    if (warning !== undefined && warning !== this.#openFilesWarning) {
      this.#logger.warn("{warning}", { warning });
    }
    this.#openFilesWarning = warning;
  }

  #slots(): number[] {
    return Array.from(this.#supervisor.workers, ({ slot }) => slot);
  }

  async #end(cause: string): Promise<number> {
    this.#operator.announceStop();
    void this.#systemd.stopping();
    this.#events.add("shutdown", `Weir is shutting down: ${cause}`);
    await shutDown(this.#supervisor, cause, this.#cutShort.signal);
    return STOPPED;
  }

  async #endAtOnce(stoppedAgain: Promise<string>): Promise<number> {
    const name = await stoppedAgain;
    this.#cutShort.abort();
    this.#logger.warn("{name} again: ending at once", { name });
    return FAILED;
  }
}
