import { closestWord } from "../base/closest_word.ts";
import { KNOWN_KEYS } from "./schema.ts";
import { SECRET } from "./secret.ts";
import type { Token } from "./source.ts";

const KNOWN_NAMES: ReadonlySet<string> = new Set(KNOWN_KEYS.map(({ name }) => name));
const SECRET_NAMES = KNOWN_KEYS.filter(({ secret }) => secret === true).map(({ name }) => name);
/** How many words of a line are searched for a key. */
const MOST_WORDS = 8;

/**
 * Finds the secret in a line that sets a secret key: `health_send = …`, or something that may have
 * been meant as that, such as `health-sent: …`.
 */
export function findSecret(line: Token): SecretLine | undefined {
  const { text } = line;
  const equals = text.indexOf("=");
  const left = equals === -1 ? text : text.slice(0, equals);
  if (equals !== -1 && SECRET_NAMES.includes(left.trim())) {
    return new SecretLine(line, equals + 1, true);
  }
  let words = 0;
  for (const { 0: word, index } of left.matchAll(/[\w-]+/g)) {
    if (++words > MOST_WORDS) break;
    // "[health]" may well be meant as a section, one that does not exist.
    const isSecret = text.startsWith("[") ? SECRET_NAMES.includes(word) : isSecretName(word);
    if (!isSecret) continue;
    const gap = /^["'`\]\s]*[=:]?/.exec(text.slice(index + word.length))?.[0].length ?? 0;
    return new SecretLine(line, index + word.length + gap, false);
  }
  return undefined;
}

/** Returns a line with its secret, if any, replaced in its text and wherever it is shown. */
export function concealLine(line: Token): Token {
  return findSecret(line)?.concealed ?? line;
}

/** Returns a line with its whole text replaced, because any of it may be part of a secret. */
export function concealAll(line: Token): Token {
  const lineText = line.lineText.slice(0, line.column - 1) + SECRET;
  return { ...line, text: SECRET, lineText };
}

/** Whether the text before the first "=" is a known key. */
export function setsKnownKey({ text }: Token): boolean {
  const equals = text.indexOf("=");
  return equals !== -1 && KNOWN_NAMES.has(text.slice(0, equals).trim());
}

function isSecretName(word: string): boolean {
  if (KNOWN_NAMES.has(word)) return SECRET_NAMES.includes(word);
  return closestWord(word, SECRET_NAMES) !== undefined;
}

/** A line that sets a secret. */
export class SecretLine {
  /** Whether the syntax is right, so that the value can be used. */
  readonly isPlain: boolean;
  /** The line with the value in its text, but without it wherever the line is shown. */
  readonly readable: Token;
  /** The line with a placeholder for the value. */
  readonly concealed: Token;

  /** @param start index in the line's text at which the secret begins */
  constructor(line: Token, start: number, isPlain: boolean) {
    const { text, column, lineText } = line;
    const hasMore = text.slice(start).trim() !== "";
    const end = hasMore ? ` ${SECRET}` : "";
    const shown = lineText.slice(0, column - 1) + text.slice(0, start).trimEnd() + end;
    this.isPlain = isPlain;
    this.readable = { ...line, lineText: shown };
    this.concealed = { ...line, text: shown.slice(column - 1), lineText: shown };
  }
}
