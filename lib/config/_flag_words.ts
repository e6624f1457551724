import { closestWord } from "../base/closest_word.ts";
import type { BackendFlags } from "./key.ts";
import { unquote } from "./place.ts";
import { quote } from "./quote.ts";
import { KNOWN_FLAGS, type KnownFlag } from "./schema.ts";
import { sliceToken, type Source, type Token, trimToken } from "./source.ts";
import { listWords } from "./value_type.ts";

/** The flags of a backend. */
export interface ReadFlags {
  /** The default for each flag that is absent or invalid. */
  readonly values: BackendFlags;
  /** The flags that are present, valid or not, by name. */
  readonly words: ReadonlyMap<string, Token>;
}

/** Reads the words after a backend's place, and reports every mistake in them. */
export function readFlags(words: readonly Token[], source: Source): ReadFlags {
  const values: Record<string, unknown> = Object.fromEntries(
    KNOWN_FLAGS.map((flag) => [flag.setting, flag.default]),
  );
  const found = new Map<string, Token>();
  for (const word of words) {
    const equals = word.text.indexOf("=");
    const name = trimToken(sliceToken(word, 0, equals === -1 ? undefined : equals));
    const flag = KNOWN_FLAGS.find((flag) => flag.name === name.text);
    if (flag === undefined) {
      source.error(name, () => `unknown flag ${quote(name.text)}${adviseFlag(name.text)}`);
    } else if (found.has(flag.name)) {
      source.error(word, `duplicate flag "${flag.name}"`);
    } else {
      found.set(flag.name, word);
      const value = equals === -1 ? undefined : trimToken(sliceToken(word, equals + 1));
      values[flag.setting] = readFlagValue(flag, word, value, source);
    }
  }
  // The table of flags is checked against this type where it is defined.
  return { values: values as unknown as BackendFlags, words: found };
}

/** @param value The part after the "=", if there is one. */
function readFlagValue(
  flag: KnownFlag,
  word: Token,
  value: Token | undefined,
  source: Source,
): unknown {
  if (flag.type === undefined) {
    if (value !== undefined) source.error(word, `flag "${flag.name}" takes no value`);
    return true;
  }
  if (value === undefined || value.text === "") {
    source.error(word, `flag "${flag.name}" has no value: expected ${flag.type.allowed}`);
    return flag.default;
  }
  const bare = value.text.startsWith('"') ? unquote(value, source) : value;
  if (bare === undefined) return flag.default;
  const parsed = flag.type.parse(bare.text);
  if (parsed.ok) return parsed.value;
  source.error(bare, `${flag.name} ${quote(bare.text)} ${parsed.problem}`);
  return flag.default;
}

function adviseFlag(name: string): string {
  const meant = closestWord(name, KNOWN_FLAGS.map((flag) => flag.name));
  if (meant !== undefined) return `; did you mean "${meant}"?`;
  return `: expected ${listWords(KNOWN_FLAGS.map(formatFlag), "or")}`;
}

/** Formats a flag as it is used, in quotation marks. */
function formatFlag(flag: KnownFlag): string {
  return flag.type === undefined ? `"${flag.name}"` : `"${flag.name}=…"`;
}
