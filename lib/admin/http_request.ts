import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";

/** A request as it came in, once its head is there. */
export interface HttpRequest {
  readonly method: string;
  /** As the request line has it: a path with its query, or a whole URL. */
  readonly target: string;
  /** A header that came twice has both values, with a comma between them. */
  readonly headers: Headers;
  /** Read by whoever wants it; what is left unread ends the connection. */
  readonly body: Readable;
}

/** Reads what `node:http` has parsed. */
export function toHttpRequest(message: IncomingMessage): HttpRequest {
  const { method = "", url = "", rawHeaders } = message;
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] as string, rawHeaders[index + 1] as string);
  }
  return { method, target: url, headers, body: message };
}

/** Whether a request announces a body. */
export function hasBody({ headers }: Pick<HttpRequest, "headers">): boolean {
  return Number(headers.get("content-length") ?? 0) > 0 || headers.has("transfer-encoding");
}
