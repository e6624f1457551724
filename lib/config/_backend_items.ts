import type { Steps } from "../base/steps.ts";
import type { IniEntry } from "./ini.ts";
import { BACKEND_FORM, isPlace } from "./place.ts";
import { quote } from "./quote.ts";
import { KNOWN_FLAGS } from "./schema.ts";
import { sliceToken, type Source, type Token, trimToken } from "./source.ts";

/** Text up to the next white space, comma or "="; or up to a comma or white space. */
const RUN = /(?:[^\s,="]+|"[^"]*"?)/.source;
const VALUE = /(?:[^\s,"]+|"[^"]*"?)*/.source;
/** What follows white space around a colon: it is included, and reported later. */
const GAP = /(?:\s+:(?!:)[^\s,="]*|(?<=:)\s+\d[^\s,="]*)*/.source;
/**
 * A comma, a flag with its value, or a word; text in double quotes is a part of either, whatever it
 * contains. Every alternative begins with a different character, and whatever follows its first run
 * is optional, so that a megabyte of anything costs no backtracking.
 */
const WORD = new RegExp(`,|${RUN}+${GAP}(?:\\s*=\\s*${VALUE})?|=\\s*${VALUE}`, "g");

/**
 * Splits the right side of a mapping at its commas into backends, and each of these into words, the
 * first of which is the address of the backend.
 *
 * @param most The maximum number of backends; anything after them is ignored.
 */
export function* splitItems(
  { key, value }: IniEntry,
  most: number,
  source: Source,
): Steps<Token[][]> {
  const items: Token[][] = [];
  let words: Token[] = [];
  for (const line of value) {
    for (const { 0: text, index } of line.text.matchAll(WORD)) {
      yield;
      if (source.isSpent) return items;
      const word = trimToken(sliceToken(line, index, index + text.length));
      const startsItem = words.length === 0;
      if (word.text === ",") {
        if (startsItem) source.error(word, 'missing backend before ","');
        words = [];
      } else if (startsItem && isFlag(word)) {
        source.error(
          word,
          `flag ${quote(word.text)} comes before its backend: flags follow the backend`,
        );
      } else if (startsItem && word.column === line.column && isItem(word)) {
        source.error(
          word,
          `${quote(word.text)} is not a backend: it continues the value of ${quote(key.text)}, ` +
            "because it is indented deeper and the line before ends in a comma",
        );
        words = [word];
      } else if (startsItem || isPlace(word)) {
        if (items.length === most) return items;
        if (!startsItem) source.error(word, `missing "," before ${quote(word.text)}`);
        items.push(words = [withoutGaps(word, source)]);
      } else {
        words.push(word);
      }
    }
  }
  return items;
}

function isFlag({ text }: Token): boolean {
  const name = /^[^=]{0,80}/.exec(text)?.[0].trim();
  return KNOWN_FLAGS.some((flag) => flag.name === name);
}

/** Whether a word looks like an item of the file, `key = value`. */
function isItem({ text }: Token): boolean {
  return /^(?!unix:)[\w.*:[\]-]+\s*=/.test(text);
}

/**
 * Reports white space inside a backend, and returns the backend without it, so that it is reported
 * only once.
 */
function withoutGaps(place: Token, source: Source): Token {
  if (!/\s/.test(place.text) || /["=]/.test(place.text)) return place;
  source.error(place, `unexpected white space in ${quote(place.text)}: expected ${BACKEND_FORM}`);
  return { ...place, text: place.text.replaceAll(/\s+/g, "") };
}
