import { formatByteSize, parseByteSize } from "../base/byte_size.ts";
import { closestWord } from "../base/closest_word.ts";
import { formatDuration, parseDuration } from "../base/duration.ts";

/**
 * The result of parsing a value: the value, or what is wrong with it, to follow the quoted text.
 */
export type ParsedValue<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/** How the values of a key are parsed, formatted and described. */
export interface ValueType<T> {
  /** What the values are, for the reference: `duration`, `size`, `choice`. */
  readonly kind: string;
  /** Which values are allowed: `1ms to 10m`. */
  readonly allowed: string;
  parse(text: string): ParsedValue<T>;
  /** Formats a value such that `parse` returns it. */
  format(value: T): string;
}

/** A range that includes both ends. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** What 0 means, if it has a special meaning: `never`, `no limit`. */
  readonly zero?: string;
}

/** Lengths of time in milliseconds, written `500ms`, `5s`, `10m`; a bare number is seconds. */
export function duration(range: Range): ValueType<number> {
  return measure(range, {
    kind: "duration",
    example: 'such as "500ms", "5s" or "10m"',
    parse: parseDuration,
    format: formatDuration,
  });
}

/** Sizes in bytes, written `4096`, `16k`, `1m`. */
export function byteSize(range: Range): ValueType<number> {
  return measure(range, {
    kind: "size",
    example: 'such as "4096", "16k" or "1m"',
    parse: parseByteSize,
    format: formatByteSize,
  });
}

/** Whole numbers. */
export function count(range: Range): ValueType<number> {
  return measure(range, {
    kind: "whole number",
    parse: (text) => /^\d+$/.test(text) ? Number(text) : undefined,
    format: String,
  });
}

/** Events per second, written `100/s` or `6000/m`; a bare number is `/s`. */
export function rate(range: Range): ValueType<number> {
  return measure(range, {
    kind: "rate",
    example: 'such as "100/s" or "30/m"',
    parse: parseRate,
    format: formatRate,
  });
}

function parseRate(text: string): number | undefined {
  const [, digits, unit] = /^(\d+)(\/[sm])?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return unit === "/m" ? Number(digits) / 60 : Number(digits);
}

function formatRate(perSecond: number): string {
  if (perSecond === 0) return "0";
  return Number.isInteger(perSecond) ? `${perSecond}/s` : `${Math.round(perSecond * 60)}/m`;
}

/** Percentages, written `50%` or `50`. */
export function percent(range: Range): ValueType<number> {
  return measure(range, {
    kind: "percentage",
    example: 'such as "50%"',
    parse: (text) => /^\d+%?$/.test(text) ? parseInt(text) : undefined,
    format: (value) => `${value}%`,
  });
}

/** Adds a word to a type's values, which is its own value: `auto`. */
export function orWord<T, Word extends string>(
  type: ValueType<T>,
  word: Word,
): ValueType<T | Word> {
  const allowed = `${word}, or ${type.allowed}`;
  return {
    kind: type.kind,
    allowed,
    parse(text): ParsedValue<T | Word> {
      if (text === word) return { ok: true, value: word };
      const parsed = type.parse(text);
      if (parsed.ok || /^\d/.test(text)) return parsed;
      return { ok: false, problem: `is not a ${type.kind}: expected ${allowed}` };
    },
    format: (value) => value === word ? word : type.format(value as T),
  };
}

/** One of a list of words. */
export function choice<Word extends string>(words: readonly Word[]): ValueType<Word> {
  const expected = `expected ${listWords(words.map((word) => `"${word}"`), "or")}`;
  return {
    kind: "choice",
    allowed: words.join(", "),
    parse(text): ParsedValue<Word> {
      const word = words.find((word) => word === text);
      if (word !== undefined) return { ok: true, value: word };
      const meant = closestWord(text, words);
      const advice = meant === undefined ? `: ${expected}` : `; did you mean "${meant}"?`;
      return { ok: false, problem: `is unknown${advice}` };
    },
    format: (value) => value,
  };
}

/** On or off, written `1` or `0`. */
export function toggle(): ValueType<boolean> {
  return {
    kind: "switch",
    allowed: "1 (on) or 0 (off)",
    parse(text): ParsedValue<boolean> {
      if (text === "1" || text === "0") return { ok: true, value: text === "1" };
      return { ok: false, problem: "is not a switch: expected 1 (on) or 0 (off)" };
    },
    format: (value) => value ? "1" : "0",
  };
}

/**
 * Any text.
 *
 * @param allowed What the text is, for the reference: `a path`.
 */
export function freeText(allowed: string): ValueType<string> {
  return {
    kind: "text",
    allowed,
    parse: (value) => ({ ok: true, value }),
    format: (value) => value,
  };
}

/** Joins words for a sentence: `a`, `a or b`, `a, b or c`. */
export function listWords(words: readonly string[], conjunction: "or" | "and"): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${conjunction} ${words.at(-1)}`;
}

interface Measure {
  readonly kind: string;
  readonly example?: string;
  parse(text: string): number | undefined;
  format(value: number): string;
}

function measure({ min, max, zero }: Range, measure: Measure): ValueType<number> {
  const { kind, example, format } = measure;
  const range = `${format(min)} to ${format(max)}`;
  const allowed = zero === undefined ? range : `${range} (0 = ${zero})`;
  return {
    kind,
    allowed,
    parse(text): ParsedValue<number> {
      const value = measure.parse(text);
      if (value === undefined) {
        const examples = example === undefined ? "" : `, ${example}`;
        return { ok: false, problem: `is not a ${kind}: expected ${allowed}${examples}` };
      }
      return value >= min && value <= max
        ? { ok: true, value }
        : { ok: false, problem: `is out of range: expected ${allowed}` };
    },
    format,
  };
}
