import { SHORTEST_TOKEN } from "./key.ts";
import { readFileText } from "./file_text.ts";

/** The syntax of a bearer token (RFC 6750, section 2.1). */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** All of them are compared with each request. */
const MOST_TOKENS = 1_000;

/** One token of the admin API. */
export interface FileToken {
  readonly text: string;
  /** Whether it grants read access only. */
  readonly isReader: boolean;
}

/**
 * Reads the tokens of a file, one per line: `TOKEN` grants all rights, `read TOKEN` read access
 * only. Lines that begin with `#` or `;` are comments.
 *
 * @throws {Error} with a message that says what is wrong, and contains line numbers but no tokens
 */
export async function readTokenFile(path: string): Promise<readonly FileToken[]> {
  // Reading a named pipe would wait for a writer, and revoked tokens would stay valid meanwhile.
  if ((await Deno.stat(path)).isFifo) throw new Error("it is a named pipe");
  const { text, isUtf8 } = await readFileText(path);
  if (!isUtf8) throw new Error("it is not UTF-8 text");
  const tokens = text.split(/\r\n|\n|\r/).flatMap(parseLine);
  if (tokens.length === 0) throw new Error("it has no tokens");
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
    throw new Error(`the token on line ${index + 1} has fewer than ${SHORTEST_TOKEN} characters`);
  }
  return [{ text, isReader }];
}
