import { closestWord } from "../base/closest_word.ts";
import type { Steps } from "../base/steps.ts";
import { type IniEntry, type IniSection, sectionLabel } from "./ini.ts";
import { quote } from "./quote.ts";
import type { GlobalOptions, ListenerOptions, PoolOptions } from "./key.ts";
import { KNOWN_KEYS, type KnownKey, type Scope } from "./schema.ts";
import type { Source } from "./source.ts";

/**
 * The values of one or more sections, by setting; one that is absent was not set, or is invalid.
 */
export interface OptionValues {
  readonly global: Partial<GlobalOptions>;
  readonly listener: Partial<ListenerOptions>;
  readonly pool: Partial<PoolOptions>;
}

/** The keys of every scope may stand in `[options]`. */
export const ALL_SCOPES: readonly Scope[] = ["global", "listener", "pool"];
/** Those that may stand in an `[options KEY]`, which applies to a listener and to its pool. */
export const OVERRIDE_SCOPES: readonly Scope[] = ["listener", "pool"];

/**
 * The longest value, so that reading one never blocks the thread for long; in UTF-16 code units.
 */
const LONGEST_VALUE = 16_384;

const KEYS_BY_NAME: ReadonlyMap<string, KnownKey> = new Map(
  KNOWN_KEYS.map((key) => [key.name, key]),
);

const NEEDLESS_QUOTES = "is in quotation marks: values are written without them";

const APPLIES_TO: Readonly<Record<Scope, string>> = {
  global: "the whole program: it belongs in [options]",
  listener: "a listener: it belongs in [listener NAME], [options KEY] or [options]",
  pool: "a pool: it belongs in [pool NAME], [options KEY] or [options]",
};

/** The value of every key that is not set. */
export const DEFAULT_OPTIONS: {
  readonly global: GlobalOptions;
  readonly listener: ListenerOptions;
  readonly pool: PoolOptions;
} = {
  global: defaultsOf("global"),
  listener: defaultsOf("listener"),
  pool: defaultsOf("pool"),
};

/**
 * Reads the entries of sections, and reports every key or value that does not belong there.
 *
 * @param scopes whose keys may stand in these sections
 */
export function* readOptions(
  sections: readonly IniSection[],
  scopes: readonly Scope[],
  source: Source,
): Steps<OptionValues> {
  const values: Record<Scope, Record<string, unknown>> = { global: {}, listener: {}, pool: {} };
  for (const section of sections) {
    for (const entry of section.entries) {
      yield;
      if (source.isSpent) break;
      const key = findKey(entry, section, scopes, source);
      if (key === undefined) continue;
      const value = readValue(key, entry, source);
      if (value !== undefined) values[key.scope][key.setting] = value;
    }
  }
  // The tables of keys are checked against these types where they are defined.
  return values as OptionValues;
}

function findKey(
  { key: token }: IniEntry,
  section: IniSection,
  scopes: readonly Scope[],
  source: Source,
): KnownKey | undefined {
  const key = KEYS_BY_NAME.get(token.text);
  const label = sectionLabel(section.name);
  if (key === undefined) {
    source.error(
      token,
      () => `unknown key ${quote(token.text)} in ${label}${adviseKey(token.text, scopes)}`,
    );
  } else if (!scopes.includes(key.scope)) {
    source.error(
      token,
      `key "${key.name}" applies to ${APPLIES_TO[key.scope]}, not in ${label}`,
    );
    return undefined;
  }
  return key;
}

function adviseKey(text: string, scopes: readonly Scope[]): string {
  if (/^[\d*[]|:\d+$/.test(text)) return "; a listener belongs in [mappings]";
  const isAllowed = (key: KnownKey) => scopes.includes(key.scope);
  const [allowed, others] = [
    KNOWN_KEYS.filter(isAllowed),
    KNOWN_KEYS.filter((key) => !isAllowed(key)),
  ];
  const meant = closestWord(text, allowed.map(({ name }) => name));
  if (meant !== undefined) return `; did you mean "${meant}"?`;
  const elsewhere = closestWord(text, others.map(({ name }) => name));
  return elsewhere === undefined
    ? ': "weir --help-config" lists the keys'
    : `; did you mean "${elsewhere}", which belongs in [options]?`;
}

function readValue(key: KnownKey, entry: IniEntry, source: Source): unknown {
  const [token, second] = entry.value;
  if (token === undefined) {
    source.error(entry.key, `key "${key.name}" has no value: expected ${key.type.allowed}`);
    return undefined;
  }
  if (second !== undefined) {
    source.error(second, `the value of "${key.name}" must be on one line`);
    return undefined;
  }
  if (token.text.length > LONGEST_VALUE) {
    source.error(token, `the value of "${key.name}" is longer than ${LONGEST_VALUE} characters`);
    return undefined;
  }
  const parsed = key.type.parse(token.text);
  if (!parsed.ok && key.secret === true) {
    source.error(token, `the value of "${key.name}" cannot be used: expected ${key.type.allowed}`);
    return undefined;
  }
  if (!parsed.ok) {
    const problem = hasNeedlessQuotes(key, token.text) ? NEEDLESS_QUOTES : parsed.problem;
    source.error(token, `${key.name} ${quote(token.text)} ${problem}`);
    return undefined;
  }
  const suspicion = key.suspect?.(parsed.value);
  if (suspicion !== undefined) {
    source.warning(token, `${key.name} ${quote(token.text)} ${suspicion}`);
  }
  return parsed.value;
}

/** Whether a value would be valid without the quotation marks that other formats require. */
function hasNeedlessQuotes({ type }: KnownKey, text: string): boolean {
  const bare = /^(["'`])(.*)\1$/.exec(text)?.[2];
  return bare !== undefined && type.parse(bare).ok;
}

function defaultsOf<T extends GlobalOptions | ListenerOptions | PoolOptions>(scope: Scope): T {
  const keys = KNOWN_KEYS.filter((key) => key.scope === scope);
  return Object.fromEntries(keys.map((key) => [key.setting, key.default])) as unknown as T;
}
