import type { Steps } from "../base/steps.ts";
import {
  type IniDocument,
  type IniEntry,
  type IniSection,
  MOST_ITEMS,
  parseIni,
  sectionIdentity,
  sectionLabel,
} from "./ini.ts";
import { quote } from "./quote.ts";
import { type Source, type Token, whereIs } from "./source.ts";

/** The section that every file may have; its keys are those of one table. */
const SHARED_SECTION = "mappings";

/**
 * Parses the files that a configuration includes, and returns its sections and theirs, in the order
 * of the files. Reports `[options]` in an included file, and what two files have both.
 *
 * @param main the configuration file's own sections
 * @param included in the order of their names
 */
export function* mergeIncluded(
  main: IniDocument,
  included: readonly Source[],
  source: Source,
): Steps<IniDocument> {
  if (included.length === 0) return main;
  const merger = new Merger(source);
  yield* merger.add(main);
  for (const file of included) {
    if (source.isSpent || merger.itemCount > MOST_ITEMS) break;
    yield* merger.add(withoutOptions(yield* parseIni(file, merger.itemCount), source));
  }
  return { sections: merger.sections };
}

class Merger {
  readonly #source: Source;
  readonly sections: IniSection[] = [];
  /** The first occurrence of each section and of each key of the shared one. */
  readonly #places = new Map<string, Token>();
  readonly #keys = new Map<string, Token>();
  /** How many sections and keys were added. */
  itemCount = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  *add({ sections }: IniDocument): Steps<void> {
    for (const section of sections) {
      yield;
      this.itemCount += 1 + section.entries.length;
      const identity = sectionIdentity(section.name);
      if (identity === SHARED_SECTION) {
        this.sections.push({ name: section.name, entries: yield* this.#firstEntries(section) });
        continue;
      }
      const earlier = this.#places.get(identity);
      if (earlier === undefined) {
        this.#places.set(identity, section.name);
      } else if (earlier.file !== section.name.file) {
        this.#source.error(
          section.name,
          `duplicate section ${sectionLabel(section.name)}; ` +
            `it already starts ${whereIs(earlier, section.name)}`,
        );
      }
      this.sections.push(section);
    }
  }

  /** Returns the entries that no other file has; the rest are reported. */
  *#firstEntries({ name, entries }: IniSection): Steps<readonly IniEntry[]> {
    const first: IniEntry[] = [];
    for (const entry of entries) {
      yield;
      const { key } = entry;
      const earlier = this.#keys.get(key.text);
      if (earlier === undefined || earlier.file === key.file) {
        this.#keys.set(key.text, earlier ?? key);
        first.push(entry);
        continue;
      }
      this.#source.error(
        key,
        `duplicate key ${quote(key.text)} in ${sectionLabel(name)}; ` +
          `it is already set ${whereIs(earlier, key)}`,
      );
    }
    return first;
  }
}

/** Returns what an included file may have: no `[options]` and no `include`, which are reported. */
function withoutOptions({ sections }: IniDocument, source: Source): IniDocument {
  const home = quote(source.file);
  for (const { key } of sections.flatMap(({ entries }) => entries)) {
    if (key.text !== "include") continue;
    source.error(key, `an included file cannot include others: "include" belongs in ${home}`);
  }
  const kept: IniSection[] = [];
  for (const { name, entries } of sections) {
    if (sectionIdentity(name) === "options") {
      source.error(name, `[options] belongs in ${home}: it applies to all included files`);
    } else {
      kept.push({ name, entries: entries.filter(({ key }) => key.text !== "include") });
    }
  }
  return { sections: kept };
}
