import { isHostName, isIpv4, isIpv6 } from "../base/address.ts";
import { quote } from "./quote.ts";
import { sliceToken, type Source, type Token } from "./source.ts";
import { count } from "./value_type.ts";

const PORT = count({ min: 1, max: 65535 });

/** An IPv6 address without brackets has eight parts, and a port and a weight may follow. */
const MOST_PARTS = 10;
/** A host name has at most 254 characters, and an address fewer. Longer text is not examined. */
const LONGEST_HOST = 300;

/** What kind of host it is. */
export type HostKind = "IPv4" | "IPv6" | "name";

/** A host, without brackets. */
export interface Host {
  readonly kind: HostKind;
  readonly text: string;
}

/**
 * Splits `host:port:weight` at its colons, but not at those of an IPv6 address in brackets. Reports
 * an unclosed bracket, too many parts, and an IPv6 address without brackets.
 *
 * @param form What is expected, for the message: `host:port[:weight]`.
 * @returns One token for each part, or `undefined` if an error was reported.
 */
export function splitParts(
  word: Token,
  most: number,
  form: string,
  source: Source,
): Token[] | undefined {
  const parts: Token[] = [];
  let start = 0;
  let bracket: number | undefined;
  for (let index = 0; index <= word.text.length; index++) {
    const character = word.text[index];
    if (character === "[") bracket ??= index;
    if (character === "]") bracket = undefined;
    if (character === undefined || (character === ":" && bracket === undefined)) {
      parts.push(sliceToken(word, start, index));
      start = index + 1;
      if (parts.length > MOST_PARTS) break;
    }
  }
  if (bracket !== undefined) {
    source.error(word, `${quote(word.text)} has no closing "]": expected ${form}`);
  } else if (lacksBrackets(word.text)) {
    source.error(
      word,
      `IPv6 address ${quote(word.text)} needs brackets: expected "[address]:port"`,
    );
  } else if (parts.length > most) {
    source.error(word, `${quote(word.text)} has too many parts: expected ${form}`);
  } else {
    return parts;
  }
  return undefined;
}

/** Whether the text is an IPv6 address without brackets, alone or before a port and a weight. */
function lacksBrackets(text: string): boolean {
  if (text.length > LONGEST_HOST) return false;
  // The parser throws internally on anything that is not an IPv6 address, which is slow for
  // thousands of them.
  if (!text.includes("::") && text.split(":").length < 7) return false;
  return [/$/, /:\d+$/, /:\d+:\d+$/].some((tail) => isIpv6(text.replace(tail, "")));
}

/** Reads an IPv4 address, an IPv6 address in brackets, or a host name, or reports what is wrong. */
export function readHost(token: Token, source: Source): Host | undefined {
  const { text } = token;
  const inner = /^\[(.*)\]$/.exec(text)?.[1];
  const isShort = text.length <= LONGEST_HOST;
  if (inner !== undefined) {
    if (isShort && isIpv6(inner)) return { kind: "IPv6", text: inner };
    source.error(token, `${quote(inner)} in brackets is not an IPv6 address`);
    return undefined;
  }
  if (isShort && isIpv4(text)) return { kind: "IPv4", text };
  if (isShort && isHostName(text)) return { kind: "name", text };
  source.error(token, `${quote(text)} is neither an IP address nor a host name`);
  return undefined;
}

/** Reads a port, or reports what is wrong with it. */
export function readPort(token: Token, source: Source): number | undefined {
  const port = PORT.parse(token.text);
  if (port.ok) return port.value;
  source.error(token, `port ${quote(token.text)} ${port.problem}`);
  return undefined;
}
