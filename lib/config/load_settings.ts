import { runAtOnce, runInSlices, type Steps } from "../base/steps.ts";
import { ALL_SCOPES, DEFAULT_OPTIONS, type OptionValues, readOptions } from "./_options.ts";
import { arrangeSections, type Sections } from "./_sections.ts";
import { checkAdmin } from "./_admin_rules.ts";
import { checkHealth } from "./_health_rules.ts";
import { mergeIncluded } from "./_merge_included.ts";
import { checkSources, warnAboutForeignSources } from "./_source_rules.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { type IniDocument, parseIni } from "./ini.ts";
import { MOST_WORKERS } from "./key.ts";
import { checkFiles } from "./_file_rules.ts";
import { readConfiguration, type ReadFiles } from "./read_configuration.ts";
import { KNOWN_KEYS } from "./schema.ts";
import type { Environment } from "./environment.ts";
import type { Settings } from "./settings.ts";
import { Source } from "./source.ts";
import { readTopology, type Topology } from "./_topology.ts";

export interface LoadOptions {
  /**
   * Whether the files that the settings name are checked, as is needed to run Weir. @default {true}
   */
  readonly checksFiles?: boolean;
}

/** The result of loading a configuration file. */
export interface LoadedSettings {
  /** Present if and only if none of the diagnostics is an error. */
  readonly settings?: Settings;
  /** Every problem, ordered by position in the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The result of loading a configuration file, and what was read for it. */
export interface LoadedFiles extends LoadedSettings {
  readonly files: ReadFiles;
}

/** A file that a configuration includes. */
export interface IncludedText {
  /** Its name, for messages. */
  readonly file: string;
  readonly text: string;
}

/**
 * Reads and validates a configuration file and those that it includes, and checks the files that it
 * names. Never rejects: an unreadable file yields a diagnostic.
 *
 * @param file its path, or `-` for standard input
 */
export async function loadSettings(
  file: string,
  environment: Environment,
  { checksFiles = true }: LoadOptions = {},
): Promise<LoadedFiles> {
  const { source, document, files } = await readConfiguration(file);
  if (document === undefined) return { diagnostics: source.diagnostics, files };
  const draft = await runInSlices(readDraft(document, source, environment));
  if (checksFiles) {
    await checkFiles(draft.sections, draft.options, source, environment.uid);
    warnAboutForeignSources(draft.sections, draft.pools, source);
  }
  return { ...settle(draft, source, environment), files };
}

/**
 * Validates the text of a configuration file. Pure, and never throws.
 *
 * @param included the files that it includes, whatever its `include` says
 */
export function parseSettings(
  text: string,
  file: string,
  environment: Environment,
  included: readonly IncludedText[] = [],
): LoadedSettings {
  const source = new Source(file, text);
  const main = runAtOnce(parseIni(source));
  const others = included.map(({ file, text }) => new Source(file, text, source));
  const document = runAtOnce(mergeIncluded(main, others, source));
  return settle(runAtOnce(readDraft(document, source, environment)), source, environment);
}

/** What could be read from a file, whatever is wrong with the rest. */
interface Draft extends Topology {
  readonly sections: Sections;
  readonly options: OptionValues;
}

function* readDraft(
  document: IniDocument,
  source: Source,
  environment: Environment,
): Steps<Draft> {
  const sections = yield* arrangeSections(document, source);
  const options = yield* readOptions(sections.options, ALL_SCOPES, source);
  const topology = yield* readTopology(sections, options, environment, source);
  const { listeners, pools } = topology;
  checkAdmin(sections, options, listeners, source);
  checkHealth(sections, pools, source);
  checkSources(sections, listeners, pools, source);
  return { sections, options, ...topology };
}

function settle(draft: Draft, source: Source, environment: Environment): LoadedSettings {
  const { options, values, listeners, pools } = draft;
  const { diagnostics } = source;
  if (source.hasErrors) return { diagnostics };
  const global = { ...DEFAULT_OPTIONS.global, ...options.global };
  const workers = global.workers === "auto"
    ? Math.min(Math.max(environment.cores, 1), MOST_WORKERS)
    : global.workers;
  const written = Object.fromEntries(
    [["options", options] as const, ...values].map(([section, read]) => [
      section,
      writtenKeys(read),
    ]),
  );
  const { file } = source;
  const settings = { file, ...global, workers, listeners, pools, written };
  return { settings: freezeDeeply(settings), diagnostics };
}

function writtenKeys(values: OptionValues): string[] {
  const written = KNOWN_KEYS.filter(({ scope, setting }) => setting in values[scope]);
  return written.map(({ name }) => name);
}

function freezeDeeply<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(freezeDeeply);
    Object.freeze(value);
  }
  return value;
}
