import { type Diagnostic, formatDiagnostics } from "../config/diagnostic.ts";
import type { LoadedSettings } from "../config/load_settings.ts";
import type { Settings } from "../config/settings.ts";
import { describeChanges, keepUnreloadable } from "../config/settings_changes.ts";
import type { Discovery } from "../discovery/discovery.ts";
import { configureLogging, loggerFor } from "../log/logging.ts";
import type { AccessLogOwner } from "./access_log_owner.ts";
import type { EventLog } from "./event_log.ts";
import { describeBindProblem, prepareSettings } from "./prepare_settings.ts";
import type { Supervisor } from "./supervisor.ts";

/** What came of a reload. */
export interface ReloadResult {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Whether the new settings are in force. */
  readonly ok: boolean;
  /** What asked for it. */
  readonly cause: string;
  /** What is wrong in the file. */
  readonly diagnostics: readonly Diagnostic[];
  /** What else stood against it, in words. */
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
  /** Hears that a reload begins. */
  readonly onReload: () => void;
  /** Hears how a reload has ended, with the settings in force. */
  readonly onReloaded: (settings: Settings) => void;
}

/**
 * Reads the configuration again while Weir runs. All or nothing: a file with any error changes
 * nothing at all. Reloads that are asked for at the same time run one after the other.
 */
export class Reloader {
  readonly #inputs: ReloaderInputs;
  readonly #logger = loggerFor("reload");
  /** The last change, for the next one to wait for. */
  #last: Promise<unknown> = Promise.resolve();
  #filed: Settings;
  #lastResult: ReloadResult | undefined;
  #succeeded = 0;
  #failed = 0;

  constructor(inputs: ReloaderInputs) {
    this.#inputs = inputs;
    this.#filed = inputs.filed;
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

  /** Reads the file and takes it over. Never rejects. */
  reload(cause: string): Promise<ReloadResult> {
    const result = this.#last.then(() => this.#reload(cause));
    this.#last = result;
    return result;
  }

  /** Takes over the addresses that names have now: the same settings with other backends. */
  resolved(): void {
    this.#last = this.#last.then(() => this.#applyResolved());
  }

  async #applyResolved(): Promise<void> {
    const { supervisor, discovery, events } = this.#inputs;
    const before = supervisor.settings;
    const settings = { ...discovery.expand(this.#filed), workers: before.workers };
    const changes = describeChanges(before, settings);
    if (changes.length === 0) return;
    try {
      const problems = await supervisor.reload(settings);
      const told = problems.length > 0 ? problems.map(describeBindProblem) : changes;
      for (const text of told) {
        this.#logger.info("Names were resolved: {text}", { text });
        events.add("reload", `Names were resolved: ${text}`);
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#logger.error("Could not take over what names resolve to: {message}", { message });
    }
  }

  async #reload(cause: string): Promise<ReloadResult> {
    this.#inputs.onReload();
    const { diagnostics, settings } = await this.#inputs.load();
    this.#logDiagnostics(diagnostics);
    const outcome = settings === undefined
      ? { problems: ["The file has errors"], changes: [] }
      : await this.#apply(settings);
    const ok = outcome.problems.length === 0;
    const result = { atMs: Date.now(), ok, cause, diagnostics, ...outcome };
    this.#lastResult = result;
    if (ok) {
      this.#succeeded++;
      for (const change of result.changes) this.#logger.info("{change}", { change });
      const count = result.changes.length;
      this.#logger.info("Reloaded ({cause}): {count} changes", { cause, count });
      this.#inputs.events.add("reload", `Reloaded (${cause}): ${count} changes`);
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
      before.listeners,
      discovery,
    );
    for (const warning of warnings) this.#logger.warn("{warning}", { warning });
    if (settings === undefined) return { problems, changes: [] };
    try {
      await accessLog.use(settings.accessLog);
      const bindProblems = await supervisor.reload(settings);
      if (bindProblems.length > 0) {
        await accessLog.use(before.accessLog);
        return { problems: bindProblems.map(describeBindProblem), changes: [] };
      }
    } catch (error) {
      return { problems: [error instanceof Error ? error.message : String(error)], changes: [] };
    }
    configureLogging({ level: settings.logLevel, format: settings.logFormat });
    discovery.update(filed);
    this.#filed = filed;
    return { problems: [], changes: describeChanges(before, settings) };
  }

  #logDiagnostics(diagnostics: readonly Diagnostic[]): void {
    if (diagnostics.length === 0) return;
    const isFatal = diagnostics.some(({ severity }) => severity === "error");
    const closing = isFatal ? "nothing was changed" : "applied all the same";
    const lines = formatDiagnostics(diagnostics, { color: false, closing }).split("\n");
    for (const line of lines) {
      if (isFatal) this.#logger.error("{line}", { line });
      else this.#logger.warn("{line}", { line });
    }
  }
}
