import { decodeText, type FileText, MOST_BYTES, tooLarge } from "./file_text.ts";

/** What stands for standard input on a command line. */
export const STANDARD_INPUT = "-";
/** What standard input is called in messages, as if it were a file. */
export const STANDARD_INPUT_NAME = "<stdin>";

/**
 * Reads standard input to its end, as a text of at most {@linkcode MOST_BYTES}. It can be read only
 * once.
 *
 * @throws {Error} if it is too large, or is not text at all
 */
export async function readStandardInput(): Promise<FileText> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const chunk = new Uint8Array(65_536);
    const count = await Deno.stdin.read(chunk);
    if (count === null) break;
    length += count;
    if (length > MOST_BYTES) throw tooLarge();
    chunks.push(chunk.subarray(0, count));
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return decodeText(bytes);
}
