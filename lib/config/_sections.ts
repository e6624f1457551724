import { closestWord } from "../base/closest_word.ts";
import type { Steps } from "../base/steps.ts";
import { type IniDocument, type IniSection, sectionLabel } from "./ini.ts";
import { quote } from "./quote.ts";
import type { Source, Token } from "./source.ts";

/** The sections of a configuration file, by kind. */
export interface Sections {
  readonly options: readonly IniSection[];
  readonly mappings: readonly IniSection[];
  readonly overrides: readonly NamedSection[];
  readonly listeners: readonly NamedSection[];
  readonly pools: readonly NamedSection[];
}

/** A section about one thing: `[options KEY]`, `[listener NAME]` or `[pool NAME]`. */
export interface NamedSection {
  /** The key or name, as part of the section's name. */
  readonly key: Token;
  readonly section: IniSection;
}

/** The first word of a section's name. */
type Kind = "options" | "mappings" | "listener" | "pool";

/** Which kinds stand alone, and which are followed by a name. */
const ALONE: readonly Kind[] = ["options", "mappings"];
const NAMED: readonly Kind[] = ["options", "listener", "pool"];

/**
 * Sorts the sections by kind, and reports unknown ones. A misspelt one is read as what was meant,
 * so that the mistakes inside it are reported as well.
 */
export function* arrangeSections(document: IniDocument, source: Source): Steps<Sections> {
  const options: IniSection[] = [];
  const mappings: IniSection[] = [];
  const overrides: NamedSection[] = [];
  const listeners: NamedSection[] = [];
  const pools: NamedSection[] = [];
  for (const section of document.sections) {
    yield;
    if (source.isSpent) break;
    const { name } = section;
    const [, first = "", gap = "", rest = ""] = /^(\S*)(\s*)(.*)$/.exec(name.text) ?? [];
    const meant = readFirstWord(first, rest !== "");
    const allowed = rest === "" ? ALONE : NAMED;
    const isKnown = first === meant && allowed.includes(meant);
    if (!isKnown) reportUnknown(section, meant, rest, source);
    if (meant === "mappings") mappings.push(section);
    else if (meant === "options" && rest === "") options.push(section);
    else if (meant !== undefined && rest !== "") {
      const column = name.column + first.length + gap.length;
      const named = { key: { ...name, text: rest, column }, section };
      if (meant === "options") overrides.push(named);
      else if (meant === "listener") listeners.push(named);
      else pools.push(named);
    }
  }
  return { options, mappings, overrides, listeners, pools };
}

/**
 * Finds the listener that an override names, and reports if there is none.
 *
 * @param listeners their keys
 */
export function findOverridden(
  { key }: NamedSection,
  listeners: ReadonlySet<string>,
  source: Source,
): string | undefined {
  if (listeners.has(key.text)) return key.text;
  source.error(
    key,
    () => `there is no listener ${quote(key.text)} in [mappings]${adviseKey(key.text, listeners)}`,
  );
  return undefined;
}

function adviseKey(key: string, listeners: ReadonlySet<string>): string {
  const port = portOf(key);
  const keys = [...listeners];
  const samePort = keys.filter((other) => port !== undefined && portOf(other) === port);
  const meant = samePort.length === 1 ? samePort[0] : closestWord(key, keys);
  return meant === undefined ? "" : `; did you mean ${quote(meant)}?`;
}

/**
 * The digits after the last colon of a listener's key, or the whole key if it is all digits;
 * otherwise `undefined`.
 */
function portOf(key: string): string | undefined {
  return /^\d+$/.exec(key.slice(key.lastIndexOf(":") + 1))?.[0];
}

function readFirstWord(word: string, isNamed: boolean): Kind | undefined {
  const kinds = isNamed ? NAMED : [...ALONE, ...NAMED.filter((kind) => !ALONE.includes(kind))];
  if (kinds.includes(word as Kind) || ALONE.includes(word as Kind)) return word as Kind;
  return closestWord(word, kinds) as Kind | undefined;
}

function reportUnknown(
  { name }: IniSection,
  meant: Kind | undefined,
  rest: string,
  source: Source,
): void {
  const label = sectionLabel(name);
  if (meant === "listener" || meant === "pool") {
    if (rest === "") {
      source.error(name, `section ${label} has no name: expected [${meant} NAME]`);
      return;
    }
  }
  let advice = ": expected [options], [mappings], [options KEY], [listener NAME] or [pool NAME]";
  if (meant === "mappings") advice = "; did you mean [mappings]?";
  else if (meant !== undefined) {
    const text = rest === "" ? meant : `${meant} ${rest}`;
    advice = `; did you mean ${sectionLabel({ ...name, text })}?`;
  }
  source.error(name, `unknown section ${label}${advice}`);
}
