import { findFault, type JsonSchema } from "./json_schema.ts";
import { Problem } from "./problem.ts";

/** The most that somebody may send. */
export const LARGEST_BODY = 64 * 1024;

/**
 * Reads a JSON body, within bounds of size and time.
 *
 * @param schema what is to be sent; absent where nothing is
 * @param timeoutMs how long it may take to arrive
 * @throws {Problem} 400, 408, 413 or 415
 */
export async function readBody(
  request: Request,
  schema: JsonSchema | undefined,
  timeoutMs: number,
): Promise<unknown> {
  const type = request.headers.get("content-type");
  const length = Number(request.headers.get("content-length") ?? 0);
  if (length > LARGEST_BODY) throw tooLarge();
  const hasBody = request.body !== null && (length > 0 || request.headers.has("transfer-encoding"));
  if (!hasBody && schema === undefined) return undefined;
  // A form on another site can send text and form data without asking, and JSON it cannot.
  if (!/^application\/json\s*(;|$)/i.test(type ?? "")) {
    const found = type === null ? "no content type" : `content type "${type}"`;
    throw new Problem(415, `The body has ${found}: expected "application/json"`);
  }
  if (schema === undefined) throw new Problem(400, "Nothing is to be sent here");
  const value = parseJson(await readText(request, timeoutMs));
  const fault = findFault(value, schema, "The body");
  if (fault !== undefined) throw new Problem(400, fault);
  return value;
}

async function readText(request: Request, timeoutMs: number): Promise<string> {
  const reader = request.body?.getReader();
  if (reader === undefined) return "";
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel().catch(() => {});
  }, timeoutMs);
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let text = "";
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (isLate) throw new Problem(408, `The body was not there within ${timeoutMs / 1000} s`);
      if (done) return text + decodeText(decoder);
      size += value.length;
      if (size > LARGEST_BODY) throw tooLarge();
      text += decodeText(decoder, value);
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
}

/** Decodes what comes next; without bytes, the end. */
function decodeText(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch {
    throw new Problem(400, "The body is not UTF-8 text");
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(400, "The body is not JSON");
  }
}

function tooLarge(): Problem {
  return new Problem(413, `The body is too large: at most ${LARGEST_BODY} bytes are allowed`);
}
