import { type Address, addressesOverlap } from "../base/address.ts";
import { DEFAULT_OPTIONS, type OptionValues, readOptions } from "./_options.ts";
import { arrangeSections, findOverridden, type Sections } from "./_sections.ts";
import { checkAdmin } from "./_admin_rules.ts";
import { type FileText, readFileText } from "./_file_text.ts";
import { checkHealth } from "./_health_rules.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { type IniEntry, parseIni } from "./ini.ts";
import { isMisplacedKey, readListenerAddress } from "./_listener_key.ts";
import { readBackends } from "./mapping.ts";
import { quote } from "./quote.ts";
import { explainReadError } from "./read_error.ts";
import { KNOWN_KEYS } from "./schema.ts";
import type { ListenerSettings, Settings, WrittenKeys } from "./settings.ts";
import { Source, type Token } from "./source.ts";

/** How many listeners one file may have. */
export const MOST_LISTENERS = 1024;
/** How many backends all listeners of one file may have together. */
export const MOST_BACKENDS = 8192;

const FIRST_UNPRIVILEGED_PORT = 1024;
const MOST_WORKERS = 64;

/** What the configuration depends on beyond its text. */
export interface Environment {
  /** The number of processor cores: what `workers = auto` means. */
  readonly cores: number;
  /** Whether this process may bind ports below 1024. */
  readonly privileged: boolean;
}

/** What a configuration file gives. */
export interface LoadedSettings {
  /** Present exactly if none of the diagnostics is an error. */
  readonly settings?: Settings;
  /** Every problem, in the order of their places in the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads and checks a configuration file. Never rejects: an unreadable file gives a diagnostic. */
export async function loadSettings(
  file: string,
  environment: Environment,
): Promise<LoadedSettings> {
  let read: FileText;
  try {
    read = await readFileText(file);
  } catch (error) {
    const source = new Source(file, "");
    source.error(undefined, `cannot read the file: ${explainReadError(error, file)}`);
    return { diagnostics: source.diagnostics };
  }
  const { text, notUtf8 } = read;
  const loaded = parseSettings(text, file, environment);
  if (notUtf8.length === 0) return loaded;
  const source = new Source(file, text);
  for (const place of notUtf8) source.error(place, "this is not UTF-8: save the file as UTF-8");
  return { diagnostics: byPlace([...source.diagnostics, ...loaded.diagnostics]) };
}

/** Checks the text of a configuration file. Pure, and never throws. */
export function parseSettings(
  text: string,
  file: string,
  environment: Environment,
): LoadedSettings {
  const source = new Source(file, text);
  const sections = arrangeSections(parseIni(source), source);
  const options = readOptions(sections.options, "global", source);
  const entries = readMappings(sections, source);
  const overrides = readOverrides(sections, entries, source);
  const listeners = readListeners(entries, options, overrides, environment, source);
  checkAdmin(sections, options, listeners, source);
  checkHealth(sections, listeners, source);

  const diagnostics = byPlace(source.diagnostics);
  if (diagnostics.some(({ severity }) => severity === "error")) return { diagnostics };
  const global = { ...DEFAULT_OPTIONS.global, ...options.global };
  const workers = global.workers === "auto"
    ? Math.min(Math.max(environment.cores, 1), MOST_WORKERS)
    : global.workers;
  const written = listWritten(options, overrides);
  return { settings: freezeDeeply({ file, ...global, workers, listeners, written }), diagnostics };
}

function byPlace(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.toSorted((a, b) => a.line - b.line || a.column - b.column);
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

function readMappings({ mappings }: Sections, source: Source): IniEntry[] {
  const example = 'expected at least one, such as "24003 = 127.0.0.1:8080"';
  const entries = mappings.flatMap((section) => section.entries);
  const [first] = mappings;
  if (first === undefined) {
    source.error(undefined, `there is no section [mappings], and so no listener: ${example}`);
  } else if (entries.length === 0) {
    source.error(first.name, `[mappings] has no listener: ${example}`);
  }
  const surplus = entries[MOST_LISTENERS];
  if (surplus !== undefined) {
    source.error(surplus.key, `there are more than ${MOST_LISTENERS} listeners`);
  }
  return entries;
}

function readOverrides(
  sections: Sections,
  listeners: readonly IniEntry[],
  source: Source,
): Map<string, OptionValues> {
  const overrides = new Map<string, OptionValues>();
  for (const override of sections.overrides) {
    const key = findOverridden(override, listeners, source);
    const values = readOptions([override.section], "listener", source);
    if (key !== undefined) overrides.set(key, values);
  }
  return overrides;
}

function readListeners(
  entries: readonly IniEntry[],
  options: OptionValues,
  overrides: ReadonlyMap<string, OptionValues>,
  environment: Environment,
  source: Source,
): ListenerSettings[] {
  const listeners: ListenerSettings[] = [];
  const bound = new Map<number, BoundKey[]>();
  let backendCount = 0;
  for (const entry of entries.slice(0, MOST_LISTENERS)) {
    const { key } = entry;
    if (isMisplacedKey(key, source)) continue;
    const address = readListenerAddress(key, source);
    const backends = readBackends(entry, address, source);
    if (backendCount <= MOST_BACKENDS && backendCount + backends.length > MOST_BACKENDS) {
      source.error(key, `there are more than ${MOST_BACKENDS} backends in all`);
    }
    backendCount += backends.length;
    if (address === undefined) continue;
    checkBinding({ key, address }, bound, environment, source);
    const values = {
      ...DEFAULT_OPTIONS.listener,
      ...options.listener,
      ...overrides.get(key.text)?.listener,
    };
    listeners.push({ key: key.text, address, ...values, backends });
  }
  return listeners;
}

interface BoundKey {
  readonly key: Token;
  readonly address: Address;
}

/** @param bound The listeners so far, by port. */
function checkBinding(
  { key, address }: BoundKey,
  bound: Map<number, BoundKey[]>,
  environment: Environment,
  source: Source,
): void {
  const samePort = bound.get(address.port) ?? [];
  const earlier = samePort.find((other) => addressesOverlap(other.address, address));
  if (earlier !== undefined) {
    source.error(
      key,
      `listener ${quote(key.text)} is bound already, by ${quote(earlier.key.text)} ` +
        `in line ${earlier.key.line}`,
    );
  }
  bound.set(address.port, [...samePort, { key, address }]);
  if (address.port < FIRST_UNPRIVILEGED_PORT && !environment.privileged) {
    source.warning(
      key,
      `port ${address.port} may be refused: ports below ${FIRST_UNPRIVILEGED_PORT} ` +
        "need a right that this process does not seem to have",
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
