import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";

/** A request as received, once its head is complete. */
export interface HttpRequest {
  readonly method: string;
  /** As in the request line: a path with its query, or an absolute URL. */
  readonly target: string;
  /** A header that was sent twice has both values, separated by a comma. */
  readonly headers: Headers;
  /** Read only if needed; if anything is left unread, the connection is closed. */
  readonly body: Readable;
}

/** Converts a request parsed by `node:http`. */
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
