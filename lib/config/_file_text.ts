import { formatByteSize } from "../base/byte_size.ts";
import { MEBIBYTE } from "./key.ts";
import type { Token } from "./source.ts";

/** More than the largest configuration needs: whatever is larger is the wrong file. */
const MOST_BYTES = 16 * MEBIBYTE;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** What a file has, as text. */
export interface FileText {
  /** With U+FFFD for each byte that is not UTF-8. */
  readonly text: string;
  /** The first such byte of each line that has any. */
  readonly notUtf8: readonly Token[];
}

/**
 * Reads a text file.
 *
 * @throws {Error} where it cannot be read, is too large, or is no text at all
 */
export async function readFileText(file: string): Promise<FileText> {
  const bytes = await readBytes(file);
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), notUtf8: [] };
  } catch {
    const mark = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
    if (mark === 0xfffe || mark === 0xfeff) throw new Error("it is UTF-16 text: save it as UTF-8");
    if (bytes.includes(0)) throw new Error("it is not text");
    return { text: new TextDecoder().decode(bytes), notUtf8: findNotUtf8(bytes) };
  }
}

// Not by Deno.open, which keeps the whole thread waiting for whoever is to write into a named pipe.
async function readBytes(file: string): Promise<Uint8Array> {
  const { isCharDevice, isBlockDevice, size } = await Deno.stat(file);
  if (isCharDevice || isBlockDevice) throw new Error("it is a device");
  if (size > MOST_BYTES) throw new Error(`it has more than ${formatByteSize(MOST_BYTES)}`);
  return await Deno.readFile(file);
}

function findNotUtf8(bytes: Uint8Array): Token[] {
  const found: Token[] = [];
  let line = 0;
  for (const lineBytes of splitLines(bytes)) {
    line += 1;
    if (isUtf8(lineBytes)) continue;
    found.push({ text: "\uFFFD", line, column: validLength(lineBytes) + 1 });
  }
  return found;
}

function* splitLines(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  for (let index = 0; index <= bytes.length; index++) {
    const byte = bytes[index];
    if (byte !== undefined && byte !== LINE_FEED && byte !== CARRIAGE_RETURN) continue;
    yield bytes.subarray(start, index);
    if (byte === CARRIAGE_RETURN && bytes[index + 1] === LINE_FEED) index++;
    start = index + 1;
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** How many UTF-16 code units stand before the first byte that is not UTF-8. */
function validLength(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let length = 0;
  try {
    for (const byte of bytes) {
      length += decoder.decode(Uint8Array.of(byte), { stream: true }).length;
    }
  } catch {
    // The first byte that is not UTF-8: what came before it is what counts.
  }
  return length;
}
