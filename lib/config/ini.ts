import type { Steps } from "../base/steps.ts";
import { quote, shorten } from "./quote.ts";
import { concealAll, concealLine, findSecret, setsKnownKey } from "./_secret_line.ts";
import { sliceToken, type Source, type Token, trimToken } from "./source.ts";

/** The sections of an INI file, in the order of the file. */
export interface IniDocument {
  readonly sections: readonly IniSection[];
}

/** A `[name]` line and what follows until the next one. */
export interface IniSection {
  /** The text between the brackets; `""` if the header is too broken to have one. */
  readonly name: Token;
  readonly entries: readonly IniEntry[];
}

/** A `key = value` item, which may continue over several lines. */
export interface IniEntry {
  readonly key: Token;
  /** One token for each line of the value, without comments; none if the value is empty. */
  readonly value: readonly Token[];
}

/** The longest line, so that reading one never blocks the thread for long; in UTF-16 code units. */
const LONGEST_LINE = 1_000_000;
const LINES_PER_STEP = 256;
/** Twice as many sections and keys as set every key of every listener. */
export const MOST_ITEMS = 100_000;

const LINE_KINDS =
  ': a line is a section such as "[options]", "key = value", or a comment after ";"';
/** An IPv6 address rather than the name of a section. */
const IPV6_IN_BRACKETS = /^\[[\da-f.]*:[\da-f:.]*\]$/i;
const NO_COMMA = "; a value continues on the next line only if it ends in a comma";

/**
 * Parses the INI dialect of the configuration file. Any text yields a document: whatever cannot be
 * parsed is reported to the source, and parsing continues on the next line.
 *
 * A comment starts with `;` or `#`, at the start of a line or after white space. A value that ends
 * in a comma continues on the next line that is neither blank nor a comment: whatever that is if it
 * is indented deeper than the key, except a section, and otherwise unless it looks like an item of
 * its own. A line that starts with a bracketed word is a section only if nothing but a comment
 * follows the closing bracket, so that `[::1]:24004 = …` is a key.
 *
 * @param itemsBefore how many sections and keys were read from other files
 */
export function* parseIni(source: Source, itemsBefore = 0): Steps<IniDocument> {
  const reader = new IniReader(source);
  for (const line of source.lines()) {
    if (line.line % LINES_PER_STEP === 0) yield;
    if (source.isSpent) break;
    if (itemsBefore + reader.itemCount > MOST_ITEMS) {
      source.error(
        line,
        `there are more than ${MOST_ITEMS} sections and keys: the rest was not read`,
      );
      break;
    }
    if (line.text.length > LONGEST_LINE) {
      source.error(
        sliceToken(concealLine(line), 0, 1),
        `this line has more than ${LONGEST_LINE} characters`,
      );
    } else if (line.text !== "") {
      reader.readLine(trimToken(withoutComment(line)));
    }
  }
  return { sections: reader.end() };
}

interface OpenSection {
  readonly name: Token;
  readonly entries: Map<string, IniEntry>;
}

class IniReader {
  readonly #source: Source;
  readonly #sections: OpenSection[] = [];
  /** The first occurrence of each section, by its name with single spaces. */
  readonly #places = new Map<string, Token>();
  #section: OpenSection | undefined;
  /** The key of the last entry of the section. */
  #lastKey: Token | undefined;
  /** The last item, if it sets a secret that the next lines may be part of. */
  #secret: Token | undefined;
  #headless = false;
  #itemCount = 0;
  /** The lines of a value that ended in a comma and may continue. */
  #unfinished: Token[] | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  /** How many sections and keys were read so far. */
  get itemCount(): number {
    return this.#itemCount;
  }

  readLine(line: Token): void {
    if (line.text === "") return;
    if (this.#unfinished !== undefined && this.#continues(line)) {
      this.#unfinished.push(this.#secret === undefined ? line : concealAll(line));
      if (!line.text.endsWith(",")) this.#unfinished = undefined;
      return;
    }
    this.#finishValue();
    this.#itemCount += 1;
    const secret = findSecret(line);
    if (secret === undefined && this.#belongsToSecret(line)) {
      this.#source.error(
        concealAll(line),
        "a value that is a secret must be on one line",
      );
      return;
    }
    this.#secret = secret?.concealed;
    const item = secret === undefined ? line : secret.isPlain ? secret.readable : secret.concealed;
    if (item.text.startsWith("[") && !startsBracketedKey(item.text)) this.#readHeader(item);
    else this.#readEntry(item);
  }

  /** Whether a line is the next one of a value that ended in a comma. */
  #continues(line: Token): boolean {
    const isDeeper = this.#lastKey !== undefined && this.#lastKey.column < line.column;
    if (isHeader(line.text)) return isDeeper && IPV6_IN_BRACKETS.test(line.text);
    return isDeeper || !/^[^\s=]*\s*=/.test(line.text);
  }

  /**
   * Whether a line is indented below a key whose value is a secret, and is not an item of its own.
   */
  #belongsToSecret(line: Token): boolean {
    const isBelow = this.#secret !== undefined && this.#secret.column < line.column;
    return isBelow && !line.text.startsWith("[") && !setsKnownKey(line);
  }

  end(): readonly IniSection[] {
    this.#finishValue();
    return this.#sections.map(({ name, entries }) => ({ name, entries: [...entries.values()] }));
  }

  #finishValue(): void {
    const last = this.#unfinished?.pop();
    if (last === undefined) return;
    // The position of the end would reveal how long the secret is.
    const place = this.#secret === undefined ? sliceToken(last, last.text.length - 1) : last;
    this.#source.error(place, "the value ends in a comma but does not continue on the next line");
    const rest = trimToken(sliceToken(last, 0, last.text.length - 1));
    if (rest.text !== "") this.#unfinished?.push(rest);
    this.#unfinished = undefined;
  }

  #readHeader(line: Token): void {
    const closing = closingBracket(line.text);
    if (closing === -1) this.#source.error(line, 'missing "]" at the end of the section header');
    const name = trimToken(sliceToken(line, 1, closing === -1 ? undefined : closing));
    const rest = trimToken(sliceToken(line, closing === -1 ? line.text.length : closing + 1));
    if (rest.text !== "") {
      this.#source.error(
        rest,
        `unexpected ${quote(rest.text)} after the section header; its keys start on a new line`,
      );
    }
    const identity = sectionIdentity(name);
    const earlier = this.#places.get(identity);
    if (earlier === undefined) {
      this.#places.set(identity, name);
    } else {
      this.#source.error(
        name,
        `duplicate section ${sectionLabel(name)}; it already starts on line ${earlier.line}`,
      );
    }
    this.#section = { name, entries: new Map() };
    this.#lastKey = undefined;
    this.#sections.push(this.#section);
  }

  #readEntry(line: Token): void {
    const equals = line.text.indexOf("=");
    if (equals === -1) return this.#reportNoEntry(line);
    const key = trimToken(sliceToken(line, 0, equals));
    const value = trimToken(sliceToken(line, equals + 1));
    const parts = value.text === "" ? [] : [value];
    if (value.text.endsWith(",")) this.#unfinished = parts;
    this.#lastKey = key;
    if (key.text === "") {
      this.#source.error(sliceToken(line, 0, 1), 'missing key before "="');
      return;
    }
    if (this.#section === undefined) return this.#reportHeadless(key);
    const { name, entries } = this.#section;
    const earlier = entries.get(key.text);
    if (earlier === undefined) {
      entries.set(key.text, { key, value: parts });
    } else {
      this.#source.error(
        key,
        `duplicate key ${quote(key.text)} in ${sectionLabel(name)}; ` +
          `it is already set on line ${earlier.key.line}`,
      );
    }
  }

  #reportNoEntry(line: Token): void {
    const word = /^[\w.*:[\]-]*[\w.*[\]-]/.exec(line.text)?.[0];
    if (word === undefined) {
      this.#source.error(line, `${quote(line.text)} cannot be parsed${LINE_KINDS}`);
      return;
    }
    // A line indented below an entry was meant as the next line of its value.
    const isNextLine = this.#lastKey !== undefined && this.#lastKey.column < line.column;
    const key = sliceToken(line, 0, word.length);
    const advice = isNextLine ? NO_COMMA : LINE_KINDS;
    this.#source.error(key, `missing "=" after ${quote(word)}${advice}`);
  }

  // Reported once: a missing header is one mistake, however many keys follow.
  #reportHeadless(key: Token): void {
    if (this.#headless) return;
    this.#headless = true;
    this.#source.error(
      key,
      `key ${quote(key.text)} comes before the first section; ` +
        'it belongs below "[options]" or "[mappings]"',
    );
  }
}

/** The name of a section for a message, in brackets, with single spaces. */
export function sectionLabel(name: Token): string {
  return `[${shorten(sectionIdentity(name))}]`;
}

/** What two sections have in common if they are the same: the name, with single spaces. */
export function sectionIdentity({ text }: Token): string {
  return text.replaceAll(/\s+/g, " ");
}

function withoutComment(line: Token): Token {
  const comment = line.text.search(/(?<!\S)[;#]/);
  return comment === -1 ? line : sliceToken(line, 0, comment);
}

/** Whether a line is a section, with nothing after it. */
function isHeader(text: string): boolean {
  return text.startsWith("[") && closingBracket(text) === text.length - 1;
}

/** Whether a line has the form `[::1]:24004 = …`, even if the address lacks its closing bracket. */
function startsBracketedKey(text: string): boolean {
  const closing = closingBracket(text);
  if (closing === -1) return /^\[[\da-f:.]+\s*=/i.test(text);
  return /^\s*(?::.*)?=/.test(text.slice(closing + 1));
}

/**
 * Returns the index of the bracket that closes the first one, as in `[options [::1]:80]`; -1 if
 * there is none.
 */
function closingBracket(text: string): number {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === "[") depth++;
    if (text[index] === "]" && --depth === 0) return index;
  }
  return -1;
}
