import { closestWord } from "../base/closest_word.ts";
import type { Steps } from "../base/steps.ts";
import { type IniDocument, type IniSection, sectionLabel } from "./ini.ts";
import { quote } from "./quote.ts";
import type { Source, Token } from "./source.ts";

/** The sections of a configuration file, by kind. */
export interface Sections {
  readonly options: readonly IniSection[];
  readonly mappings: readonly IniSection[];
  readonly overrides: readonly Override[];
}

/** An `[options KEY]` section. */
export interface Override {
  /** The listener's key, as part of the section's name. */
  readonly key: Token;
  readonly section: IniSection;
}

/**
 * Sorts the sections by kind, and reports unknown ones. A misspelt one is read as what was meant,
 * so that the mistakes inside it are reported as well.
 */
export function* arrangeSections(document: IniDocument, source: Source): Steps<Sections> {
  const options: IniSection[] = [];
  const mappings: IniSection[] = [];
  const overrides: Override[] = [];
  for (const section of document.sections) {
    yield;
    if (source.isSpent) break;
    const { name } = section;
    const [, first = "", gap = "", rest = ""] = /^(\S*)(\s*)(.*)$/.exec(name.text) ?? [];
    const meant = readFirstWord(first, rest !== "");
    const isKnown = first === meant && (meant === "options" || rest === "");
    if (!isKnown) reportUnknown(section, meant, rest, source);
    if (meant === "mappings") mappings.push(section);
    else if (meant === "options" && rest === "") options.push(section);
    else if (meant === "options") {
      const column = name.column + first.length + gap.length;
      overrides.push({ key: { ...name, text: rest, column }, section });
    }
  }
  return { options, mappings, overrides };
}

/**
 * Finds the listener that an override names, and reports if there is none.
 *
 * @param listeners their keys
 */
export function findOverridden(
  { key }: Override,
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

function readFirstWord(word: string, isOverride: boolean): "options" | "mappings" | undefined {
  if (word === "options" || word === "mappings") return word;
  const meant = closestWord(word, isOverride ? ["options"] : ["options", "mappings"]);
  return meant as "options" | "mappings" | undefined;
}

function reportUnknown(
  section: IniSection,
  meant: "options" | "mappings" | undefined,
  rest: string,
  source: Source,
): void {
  const label = sectionLabel(section.name);
  let advice = ": expected [options], [mappings] or [options KEY]";
  if (meant === "mappings") advice = "; did you mean [mappings]?";
  if (meant === "options") {
    advice = `; did you mean ${
      sectionLabel({ ...section.name, text: rest === "" ? "options" : `options ${rest}` })
    }?`;
  }
  source.error(section.name, `unknown section ${label}${advice}`);
}
