import { counted } from "../base/counted.ts";
import { listSome } from "../base/list_some.ts";
import { messageOf } from "../base/message_of.ts";
import { countProblems, type Diagnostic } from "../config/diagnostic.ts";
import type { LoadedSettings } from "../config/load_settings.ts";
import type { Settings } from "../config/settings.ts";
import { describeChanges, keepUnreloadable } from "../config/settings_changes.ts";
import type { Discovery } from "../discovery/discovery.ts";
import { configureLogging, loggerFor } from "../log/logging.ts";
import type { AccessLogOwner, OpenedAccessLog } from "./access_log_owner.ts";
import type { EventLog } from "./event_log.ts";
import { logDiagnostics } from "./log_diagnostics.ts";
import { describeBindProblem, prepareSettings } from "./prepare_settings.ts";
import type { Supervisor } from "./supervisor.ts";

/** The result of a reload. */
export interface ReloadResult {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Whether the new settings are in force. */
  readonly ok: boolean;
  /** What triggered it. */
  readonly cause: string;
  /** What is wrong in the file. */
  readonly diagnostics: readonly Diagnostic[];
  /** What else prevented it, in words. */
  readonly problems: readonly string[];
  /** What was changed, in words. */
  readonly changes: readonly string[];
}

export interface ReloaderInputs {
  readonly supervisor: Supervisor;
  readonly accessLog: AccessLogOwner;
  readonly events: EventLog;
  readonly discovery: Discovery;
  /** The settings in force as the file has them, without the addresses of names. */
  readonly filed: Settings;
  /** Reads the configuration again. */
  readonly load: () => Promise<LoadedSettings>;
  /** Resolves when Weir has started; earlier requests wait for that. */
  readonly started: Promise<void>;
  /** Called when a reload begins. */
  readonly onReload: () => void;
  /** Called when a reload has ended, with the settings in force. */
  readonly onReloaded: (settings: Settings) => void;
}

/** How long until applying the new addresses of names is retried. */
const RETRY_MS = 1_000;
/** How many changes are listed one by one. */
const MOST_CHANGES = 100;

/**
 * Reloads the configuration while Weir runs. All or nothing: a file with any error changes nothing
 * at all. Reloads run one after another; a request made while another is still queued shares that
 * one.
 */
export class Reloader {
  readonly #inputs: ReloaderInputs;
  readonly #logger = loggerFor("reload");
  /** The last change, for the next one to wait for. */
  #last: Promise<unknown>;
  /** The reload that has not begun yet. */
  #waiting: Promise<ReloadResult> | undefined;
  /** Retries applying the new addresses of names. */
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** What prevented that the last time, so that it is logged once. */
  #unresolvedProblem: string | undefined;
  #filed: Settings;
  #lastResult: ReloadResult | undefined;
  #succeeded = 0;
  #failed = 0;

  constructor(inputs: ReloaderInputs) {
    this.#inputs = inputs;
    this.#filed = inputs.filed;
    this.#last = inputs.started;
  }

  /** How many reloads have changed the settings, or found them unchanged. */
  get succeeded(): number {
    return this.#succeeded;
  }

  /** How many reloads have changed nothing because of an error. */
  get failed(): number {
    return this.#failed;
  }

  get lastResult(): ReloadResult | undefined {
    return this.#lastResult;
  }

  /** Reads the file and applies it. Never rejects. */
  reload(cause: string): Promise<ReloadResult> {
    if (this.#waiting === undefined) {
      this.#waiting = this.#last.then(() => {
        this.#waiting = undefined;
        return this.#reload(cause);
      });
      this.#last = this.#waiting;
    }
    return this.#waiting;
  }

  /** Applies the addresses that names resolve to now: the same settings with other backends. */
  resolved(): void {
    this.#last = this.#last.then(() => this.#applyResolved());
  }

  /** Stops retrying. */
  stop(): void {
    clearTimeout(this.#retryTimer);
  }

  async #applyResolved(): Promise<void> {
    clearTimeout(this.#retryTimer);
    const { supervisor, discovery, events } = this.#inputs;
    const before = supervisor.settings;
    const settings = { ...discovery.expand(this.#filed), workers: before.workers };
    const changes = describeChanges(before, settings);
    if (changes.length === 0) return;
    const [problem] = await this.#tryReload(settings);
    if (problem !== undefined) {
      this.#retryResolved(problem);
      return;
    }
    this.#unresolvedProblem = undefined;
    for (const text of listSome(changes, MOST_CHANGES, "changes")) {
      this.#logger.info("Names were resolved: {text}", { text });
      events.add("reload", `Names were resolved: ${text}`);
    }
  }

  /** Discovery reports a change once: what could not be applied is retried from here. */
  #retryResolved(problem: string): void {
    this.#retryTimer = setTimeout(() => this.resolved(), RETRY_MS);
    if (problem === this.#unresolvedProblem) return;
    this.#unresolvedProblem = problem;
    this.#logger.error("Could not apply the new addresses of names: {problem}", { problem });
  }

  /** Returns the problems that prevent the settings, in words; none if they are in force. */
  async #tryReload(settings: Settings): Promise<readonly string[]> {
    try {
      return (await this.#inputs.supervisor.reload(settings)).map(describeBindProblem);
    } catch (error) {
      return [messageOf(error)];
    }
  }

  async #reload(cause: string): Promise<ReloadResult> {
    this.#inputs.onReload();
    const { diagnostics, settings } = await this.#inputs.load();
    logDiagnostics(diagnostics, this.#filed.file, "reload");
    const errors = counted(countProblems(diagnostics).errors, "error");
    const { problems, changes } = settings === undefined
      ? { problems: [`The file has ${errors}`], changes: [] }
      : await this.#apply(settings);
    const ok = problems.length === 0;
    const result = {
      atMs: Date.now(),
      ok,
      cause,
      diagnostics,
      problems,
      changes: listSome(changes, MOST_CHANGES, "changes"),
    };
    this.#lastResult = result;
    if (ok) {
      this.#succeeded++;
      for (const change of result.changes) this.#logger.info("{change}", { change });
      const count = counted(changes.length, "change");
      this.#logger.info("Reloaded ({cause}): {count}", { cause, count });
      this.#inputs.events.add("reload", `Reloaded (${cause}): ${count}`);
    } else {
      this.#failed++;
      for (const problem of result.problems) this.#logger.error("{problem}", { problem });
      this.#logger.error("Reload ({cause}) failed: the old settings stay in force", { cause });
      this.#inputs.events.add("reload", `Reload (${cause}) failed: ${result.problems[0]}`);
    }
    this.#inputs.onReloaded(this.#inputs.supervisor.settings);
    return result;
  }

  async #apply(
    loaded: Settings,
  ): Promise<{ readonly problems: readonly string[]; readonly changes: readonly string[] }> {
    const { supervisor, accessLog, discovery } = this.#inputs;
    const before = supervisor.settings;
    const { settings: filed, unchanged } = keepUnreloadable(this.#filed, loaded);
    for (const key of unchanged) {
      this.#logger.warn('"{key}" was changed, which only a restart can apply', { key });
    }
    const { settings, problems, warnings } = await prepareSettings(
      filed,
      discovery,
      supervisor.sockets,
    );
    for (const warning of warnings) this.#logger.warn("{warning}", { warning });
    if (settings === undefined) return { problems, changes: [] };
    let opened: OpenedAccessLog;
    try {
      opened = await accessLog.open(settings.accessLog);
    } catch (error) {
      return { problems: [messageOf(error)], changes: [] };
    }
    const reloadProblems = await this.#tryReload(settings);
    if (reloadProblems.length > 0) {
      await opened.discard();
      return { problems: reloadProblems, changes: [] };
    }
    await opened.use();
    configureLogging({ level: settings.logLevel, format: settings.logFormat });
    discovery.update(filed);
    this.#filed = filed;
    return { problems: [], changes: describeChanges(before, settings) };
  }
}
