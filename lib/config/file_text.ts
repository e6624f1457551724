import { formatByteSize } from "../base/byte_size.ts";
import { MEBIBYTE } from "./key.ts";

/** More than the largest configuration needs: whatever is larger is the wrong file. */
export const MOST_BYTES = 8 * MEBIBYTE;

/** What a file has, as text. */
export interface FileText {
  /** With U+FFFD for each byte that is not UTF-8. */
  readonly text: string;
  /** Whether there is no such byte. */
  readonly isUtf8: boolean;
}

/**
 * Reads a text file of at most {@linkcode MOST_BYTES}.
 *
 * @throws {Error} where it cannot be read, is too large, or is no text at all
 */
export async function readFileText(file: string): Promise<FileText> {
  const bytes = await readBytes(file);
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), isUtf8: true };
  } catch {
    const mark = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
    if (mark === 0xfffe || mark === 0xfeff) throw new Error("it is UTF-16 text: save it as UTF-8");
    if (bytes.includes(0)) throw new Error("it is not text");
    return { text: new TextDecoder().decode(bytes), isUtf8: false };
  }
}

// Not by Deno.open, which keeps the whole thread waiting for whoever is to write into a named pipe.
async function readBytes(file: string): Promise<Uint8Array> {
  const { isCharDevice, isBlockDevice, size } = await Deno.stat(file);
  if (isCharDevice || isBlockDevice) throw new Error("it is a device");
  if (size > MOST_BYTES) throw tooLarge();
  const bytes = await Deno.readFile(file);
  // A named pipe has no size before it is read.
  if (bytes.length > MOST_BYTES) throw tooLarge();
  return bytes;
}

function tooLarge(): Error {
  return new Error(`it has more than ${formatByteSize(MOST_BYTES)}`);
}
