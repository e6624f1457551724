import { closestWord } from "../base/closest_word.ts";
import { KNOWN_KEYS } from "./schema.ts";
import { SECRET } from "./secret.ts";
import type { Token } from "./source.ts";

const KNOWN_NAMES: ReadonlySet<string> = new Set(KNOWN_KEYS.map(({ name }) => name));
const SECRET_NAMES = KNOWN_KEYS.filter(({ secret }) => secret === true).map(({ name }) => name);
/** A key further behind in a line is no longer looked for. */
const MOST_WORDS = 8;

/**
 * Whether a line sets a key that is a secret: `health_send = …`, or what someone may have meant to be
 * that, such as `health-sent: …`.
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
    // "[health]" may well be a section that there is not.
    const isSecret = text.startsWith("[") ? SECRET_NAMES.includes(word) : isSecretName(word);
    if (!isSecret) continue;
    const gap = /^["'`\]\s]*[=:]?/.exec(text.slice(index + word.length))?.[0].length ?? 0;
    return new SecretLine(line, index + word.length + gap, false);
  }
  return undefined;
}

/** Gives a line with its secret replaced, if it has one, in its text and wherever it is shown. */
export function concealLine(line: Token): Token {
  return findSecret(line)?.concealed ?? line;
}

/** Gives a line of which everything may be a part of a secret, with all of it replaced. */
export function concealAll(line: Token): Token {
  const lineText = line.lineText.slice(0, line.column - 1) + SECRET;
  return { ...line, text: SECRET, lineText };
}

/** Whether the text before the first "=" is a key that there is. */
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
  /** Whether it is written as it should be, so that the value can be used. */
  readonly isPlain: boolean;
  /** With the value, and without it wherever the line is shown. */
  readonly readable: Token;
  /** With what stands for the value. */
  readonly concealed: Token;

  /** @param start where the secret begins in the line's text */
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
