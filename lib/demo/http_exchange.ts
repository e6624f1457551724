/** The longest request head, in bytes, that a demo backend reads. */
export const MAX_HEAD_BYTES = 16 * 1024;

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\xff]+) HTTP\/(\d)\.(\d)$/;

/** The status codes that a demo backend uses. */
const REASONS = {
  200: "OK",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  505: "HTTP Version Not Supported",
} as const;
export type HttpStatus = keyof typeof REASONS;

/** Media types by extension. */
const TYPES: Readonly<Record<string, string>> = {
  cfg: "text/plain; charset=utf-8",
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  lock: "application/json",
  md: "text/markdown; charset=utf-8",
  png: "image/png",
  svg: "image/svg+xml",
  ts: "text/typescript; charset=utf-8",
  txt: "text/plain; charset=utf-8",
};

/** The request line; a demo backend ignores the headers. */
export interface HttpRequest {
  readonly method: string;
  /** As sent, starting with a slash; still percent-encoded, and with its query. */
  readonly target: string;
}

/** What was wrong with a request head. */
export type HttpRequestError = "malformed" | "unsupported version";

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

/** A reply whose body is either in memory or a file of known size. */
export interface HttpReply {
  readonly status: HttpStatus;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, or its length in bytes if it is written separately. */
  readonly body: Uint8Array | number;
}

/** Makes a reply with one line of text that says what is wrong, and what to do instead. */
export function errorReply(
  status: HttpStatus,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  return textReply(status, `${status} ${REASONS[status]}: ${message}\n`, headers);
}

/** Makes a plain-text reply. */
export function textReply(
  status: HttpStatus,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  return {
    status,
    headers: { "Content-Type": "text/plain; charset=utf-8", ...headers },
    body: new TextEncoder().encode(text),
  };
}

/** Encodes the status line and the headers of a reply, including the empty line. */
export function encodeReplyHead(reply: HttpReply): Uint8Array {
  const length = typeof reply.body === "number" ? reply.body : reply.body.length;
  const headers = {
    ...reply.headers,
    "Content-Length": String(length),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    Connection: "close",
  };
  const lines = [
    `HTTP/1.1 ${reply.status} ${REASONS[reply.status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
}

/** The media type of a file by its extension; `application/octet-stream` for unknown ones. */
export function contentType(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name === "LICENSE") return "text/plain; charset=utf-8";
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return Object.hasOwn(TYPES, ending) ? TYPES[ending] as string : "application/octet-stream";
}
