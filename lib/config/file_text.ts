import { formatByteSize } from "../base/byte_size.ts";
import { MEBIBYTE } from "./key.ts";

/** More than the largest configuration needs: anything larger is the wrong file. */
export const MOST_BYTES = 8 * MEBIBYTE;

/** The content of a file as text. */
export interface FileText {
  /** With U+FFFD for each byte that is not UTF-8. */
  readonly text: string;
  /** Whether there is no such byte. */
  readonly isUtf8: boolean;
  /** The number of bytes in the file. */
  readonly byteLength: number;
}

/**
 * Reads a text file of at most {@linkcode MOST_BYTES}.
 *
 * @throws {Error} if it cannot be read, is too large, or is not text at all
 */
export async function readFileText(file: string): Promise<FileText> {
  return decodeText(await readBytes(file));
}

/**
 * Decodes the content of a file.
 *
 * @throws {Error} if it is not text at all
 */
export function decodeText(bytes: Uint8Array): FileText {
  const byteLength = bytes.length;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { text, isUtf8: true, byteLength };
  } catch {
    const mark = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
    if (mark === 0xfffe || mark === 0xfeff) throw new Error("it is UTF-16 text: save it as UTF-8");
    if (bytes.includes(0)) throw new Error("it is not text");
    return { text: new TextDecoder().decode(bytes), isUtf8: false, byteLength };
  }
}

// Not with Deno.open, which blocks the whole thread until a named pipe has a writer.
async function readBytes(file: string): Promise<Uint8Array> {
  const { isCharDevice, isBlockDevice, size } = await Deno.stat(file);
  if (isCharDevice || isBlockDevice) throw new Error("it is a device");
  if (size > MOST_BYTES) throw tooLarge();
  const bytes = await Deno.readFile(file);
  // The size of a named pipe is not known before it is read.
  if (bytes.length > MOST_BYTES) throw tooLarge();
  return bytes;
}

/** An error that says that a file has more than {@linkcode MOST_BYTES}. */
export function tooLarge(): Error {
  return new Error(`it is larger than ${formatByteSize(MOST_BYTES)}`);
}
