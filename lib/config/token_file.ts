import { SHORTEST_TOKEN } from "./key.ts";
import { readFileText } from "./file_text.ts";

/** The characters that a bearer token may have (RFC 6750, section 2.1). */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** All of them are compared with each request. */
const MOST_TOKENS = 1_000;

/** One token of the admin API. */
export interface FileToken {
  readonly text: string;
  /** Whether it may only look. */
  readonly isReader: boolean;
}

/**
 * Reads the tokens of a file, one in a line: `TOKEN` may do everything, `read TOKEN` may only look.
 * Lines that begin with `#` or `;` are comments.
 *
 * @throws {Error} that says what is wrong, and names lines but no token
 */
export async function readTokenFile(path: string): Promise<readonly FileToken[]> {
  // It would be waited for, and whoever is to be kept out would stay meanwhile.
  if ((await Deno.stat(path)).isFifo) throw new Error("it is a named pipe");
  const { text, isUtf8 } = await readFileText(path);
  if (!isUtf8) throw new Error("it is not UTF-8 text");
  const tokens = text.split(/\r\n|\n|\r/).flatMap(parseLine);
  if (tokens.length === 0) throw new Error("it has no token");
  if (tokens.length > MOST_TOKENS) throw new Error(`it has more than ${MOST_TOKENS} tokens`);
  return tokens;
}

function parseLine(line: string, index: number): FileToken[] {
  if (/^\s*([#;]|$)/.test(line)) return [];
  const words = line.trim().split(/\s+/);
  const isReader = words.length === 2 && words[0] === "read";
  const text = (isReader ? words[1] : words[0]) as string;
  if (words.length > (isReader ? 2 : 1) || !TOKEN.test(text)) {
    throw new Error(`line ${index + 1} is neither "TOKEN" nor "read TOKEN"`);
  }
  if (text.length < SHORTEST_TOKEN) {
    throw new Error(`the token in line ${index + 1} has fewer than ${SHORTEST_TOKEN} characters`);
  }
  return [{ text, isReader }];
}
