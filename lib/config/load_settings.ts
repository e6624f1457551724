import type { Address } from "../base/address.ts";
import { runAtOnce, runInSlices, type Steps } from "../base/steps.ts";
import { DEFAULT_OPTIONS, type OptionValues, readOptions } from "./_options.ts";
import { arrangeSections, findOverridden, type Sections } from "./_sections.ts";
import { checkAdmin } from "./_admin_rules.ts";
import { BoundAddresses } from "./_bound_addresses.ts";
import { checkHealth } from "./_health_rules.ts";
import { mergeIncluded } from "./_merge_included.ts";
import { parseAdminAddress } from "./admin_address.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { type IniDocument, type IniEntry, parseIni } from "./ini.ts";
import { isMisplacedKey, readListenerAddress } from "./_listener_key.ts";
import { checkFiles } from "./_file_rules.ts";
import { readBackends } from "./mapping.ts";
import { quote } from "./quote.ts";
import { readConfiguration, type ReadFiles } from "./read_configuration.ts";
import { KNOWN_KEYS } from "./schema.ts";
import type { ListenerSettings, Settings, WrittenKeys } from "./settings.ts";
import { Source, type Token, whereIs } from "./source.ts";

/** The maximum number of listeners in a configuration. */
export const MOST_LISTENERS = 1024;
/** The maximum number of backends of all listeners in a configuration together. */
export const MOST_BACKENDS = 8192;

const FIRST_UNPRIVILEGED_PORT = 1024;
const MOST_WORKERS = 64;

/** What the configuration depends on beyond its text. */
export interface Environment {
  /** The number of processor cores, which is what `workers = auto` means. */
  readonly cores: number;
  /** Whether this process may bind ports below 1024. */
  readonly privileged: boolean;
  /** The user that this process runs as; absent if that is not known. */
  readonly uid?: number;
}

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
  if (checksFiles) await checkFiles(draft.sections, draft.options, source, environment.uid);
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
interface Draft {
  readonly sections: Sections;
  readonly options: OptionValues;
  readonly overrides: ReadonlyMap<string, OptionValues>;
  readonly listeners: readonly ListenerSettings[];
}

function* readDraft(
  document: IniDocument,
  source: Source,
  environment: Environment,
): Steps<Draft> {
  const sections = yield* arrangeSections(document, source);
  const options = yield* readOptions(sections.options, "global", source);
  const entries = readMappings(sections, source);
  const overrides = yield* readOverrides(sections, entries, source);
  const listeners = yield* readListeners(entries, options, overrides, environment, source);
  checkAdmin(sections, options, listeners, source);
  checkHealth(sections, listeners, source);
  return { sections, options, overrides, listeners };
}

function settle(draft: Draft, source: Source, environment: Environment): LoadedSettings {
  const { options, overrides, listeners } = draft;
  const { diagnostics } = source;
  if (source.hasErrors) return { diagnostics };
  const global = { ...DEFAULT_OPTIONS.global, ...options.global };
  const workers = global.workers === "auto"
    ? Math.min(Math.max(environment.cores, 1), MOST_WORKERS)
    : global.workers;
  const written = listWritten(options, overrides);
  const { file } = source;
  return { settings: freezeDeeply({ file, ...global, workers, listeners, written }), diagnostics };
}

function listWritten(
  options: OptionValues,
  overrides: ReadonlyMap<string, OptionValues>,
): WrittenKeys {
  return {
    options: writtenKeys(options),
    overrides: Object.fromEntries(
      [...overrides].map(([key, values]) => [key, writtenKeys(values)]),
    ),
  };
}

function writtenKeys(values: OptionValues): string[] {
  return KNOWN_KEYS.filter(({ scope, setting }) => setting in values[scope]).map(({ name }) =>
    name
  );
}

/** Returns the entries of the listeners, up to the maximum number. */
function readMappings({ mappings }: Sections, source: Source): IniEntry[] {
  const example = 'expected at least one, such as "24003 = 127.0.0.1:8080"';
  const entries = mappings.flatMap((section) => section.entries);
  const [first] = mappings;
  if (first === undefined) {
    source.error(undefined, `there is no [mappings] section, and so no listener: ${example}`);
  } else if (entries.length === 0) {
    source.error(first.name, `[mappings] has no listener: ${example}`);
  }
  const surplus = entries[MOST_LISTENERS];
  if (surplus !== undefined) {
    source.error(surplus.key, `there are more than ${MOST_LISTENERS} listeners`);
  }
  return entries.slice(0, MOST_LISTENERS);
}

function* readOverrides(
  sections: Sections,
  listeners: readonly IniEntry[],
  source: Source,
): Steps<Map<string, OptionValues>> {
  const keys = new Set(listeners.map(({ key }) => key.text));
  const overrides = new Map<string, OptionValues>();
  for (const override of sections.overrides) {
    if (source.isSpent) break;
    const key = findOverridden(override, keys, source);
    const values = yield* readOptions([override.section], "listener", source);
    if (key !== undefined) overrides.set(key, values);
  }
  return overrides;
}

function* readListeners(
  entries: readonly IniEntry[],
  options: OptionValues,
  overrides: ReadonlyMap<string, OptionValues>,
  environment: Environment,
  source: Source,
): Steps<ListenerSettings[]> {
  const listeners: ListenerSettings[] = [];
  const bound = new BoundAddresses();
  const adminAddress = parseAdminAddress(options.global.admin ?? "off");
  const admin = adminAddress?.kind === "tcp" ? adminAddress.address : undefined;
  let room = MOST_BACKENDS;
  for (const entry of entries) {
    if (source.isSpent) break;
    const { key } = entry;
    if (isMisplacedKey(key, source)) continue;
    const address = readListenerAddress(key, source);
    const backends = yield* readBackends(entry, { listener: address, admin }, room + 1, source);
    if (backends.length > room) {
      source.error(key, `there are more than ${MOST_BACKENDS} backends in total`);
      break;
    }
    room -= backends.length;
    if (address === undefined) continue;
    checkBinding(key, address, bound, environment, source);
    const values = {
      ...DEFAULT_OPTIONS.listener,
      ...options.listener,
      ...overrides.get(key.text)?.listener,
    };
    listeners.push({ key: key.text, address, ...values, backends });
  }
  return listeners;
}

function checkBinding(
  key: Token,
  address: Address,
  bound: BoundAddresses,
  environment: Environment,
  source: Source,
): void {
  const earlier = bound.add(key, address);
  if (earlier !== undefined) {
    source.error(
      key,
      `listener ${quote(key.text)} is already bound by ${quote(earlier.text)} ` +
        whereIs(earlier, key),
    );
  }
  if (address.port < FIRST_UNPRIVILEGED_PORT && !environment.privileged) {
    source.warning(
      key,
      `port ${address.port} may be refused: ports below ${FIRST_UNPRIVILEGED_PORT} ` +
        "need a privilege that this process does not seem to have",
    );
  }
}

function freezeDeeply<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(freezeDeeply);
    Object.freeze(value);
  }
  return value;
}
