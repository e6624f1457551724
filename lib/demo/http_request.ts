/** The longest request head, in bytes, that a demo backend reads. */
export const MAX_HEAD_BYTES = 16 * 1024;

/** The request line; a demo backend ignores the headers. */
export interface HttpRequest {
  readonly method: string;
  /** As sent, starting with a slash; still percent-encoded, and with its query. */
  readonly target: string;
}

/** What was wrong with a request head. */
export type HttpRequestError = "malformed" | "unsupported version";

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\xff]+) HTTP\/(\d)\.(\d)$/;

/**
 * Returns the length of the request head including the empty line, or -1 while it is incomplete.
 */
export function requestHeadLength(bytes: Uint8Array): number {
  let lineStart = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== 0x0a) continue;
    const lineEnd = i > lineStart && bytes[i - 1] === 0x0d ? i - 1 : i;
    // Empty lines before the request line are skipped, as RFC 9112 recommends.
    if (lineEnd === lineStart && hasText(bytes, lineStart)) return i + 1;
    lineStart = i + 1;
  }
  return -1;
}

/** Parses a whole request head. */
export function parseRequestHead(head: Uint8Array): HttpRequest | HttpRequestError {
  const line = latin1(head).split(/\r?\n/).find((text) => text !== "") ?? "";
  const match = REQUEST_LINE.exec(line);
  if (match === null) return "malformed";
  const [, method = "", target = "", major] = match;
  if (major !== "1") return "unsupported version";
  const path = target.replace(/^https?:\/\/[^/?#]*/i, "");
  if (path === target) return path.startsWith("/") ? { method, target: path } : "malformed";
  return { method, target: path.startsWith("/") ? path : `/${path}` };
}

function hasText(bytes: Uint8Array, end: number): boolean {
  for (let i = 0; i < end; i++) {
    if (bytes[i] !== 0x0d && bytes[i] !== 0x0a) return true;
  }
  return false;
}

// Not TextDecoder("latin1"): by the standard that is windows-1252, which changes bytes above 0x7f.
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
