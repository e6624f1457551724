import { Buffer } from "node:buffer";
import type { Readable } from "node:stream";
import { hasBody, type HttpRequest } from "../server/http_request.ts";
import { Problem } from "../server/problem.ts";
import { findFault, type JsonSchema } from "./json_schema.ts";

/** The maximum size of a body, in bytes. */
export const LARGEST_BODY = 64 * 1024;

/**
 * Reads a JSON body within limits of size and time. A body that is refused is not read.
 *
 * @param schema what the body must be; absent if there must be none
 * @param timeoutMs how long it may take to arrive
 * @throws {Problem} 400, 408, 413 or 415
 */
export async function readBody(
  request: HttpRequest,
  schema: JsonSchema | undefined,
  timeoutMs: number,
): Promise<unknown> {
  const { headers, body } = request;
  const type = headers.get("content-type");
  if (Number(headers.get("content-length") ?? 0) > LARGEST_BODY) throw tooLarge();
  if (!hasBody(request) && schema === undefined) return undefined;
  // A form on another site can send text and form data without a preflight, but not JSON.
  if (!/^application\/json\s*(;|$)/i.test(type ?? "")) {
    const found = type === null ? "no content type" : `content type "${type}"`;
    throw new Problem(415, `The body has ${found}: expected "application/json"`);
  }
  if (schema === undefined) throw new Problem(400, "This request takes no body");
  const value = parseJson(await readBytes(body, timeoutMs));
  const fault = findFault(value, schema, "The body");
  if (fault !== undefined) throw new Problem(400, fault);
  return value;
}

function readBytes(body: Readable, timeoutMs: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const timer = setTimeout(() => {
    stop(new Problem(408, `The body was not received within ${timeoutMs / 1000} s`));
  }, timeoutMs);
  function stop(problem: Problem): void {
    body.off("data", add);
    body.pause();
    reject(problem);
  }
  function add(chunk: Uint8Array): void {
    size += chunk.length;
    if (size > LARGEST_BODY) stop(tooLarge());
    else chunks.push(chunk);
  }
  body.on("data", add);
  body.once("end", () => resolve(Buffer.concat(chunks)));
  // The client is gone, so nobody will read this.
  body.once("close", () => stop(new Problem(400, "The body ended too early")));
  return promise.finally(() => clearTimeout(timer));
}

function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Problem(400, "The body is not UTF-8 text");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(400, "The body is not JSON");
  }
}

function tooLarge(): Problem {
  return new Problem(413, `The body is too large: at most ${LARGEST_BODY} bytes are allowed`);
}
