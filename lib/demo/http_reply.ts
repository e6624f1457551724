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
