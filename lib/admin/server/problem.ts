import type { Reply } from "./reply.ts";

/** The status codes of error answers, with their names (RFC 9110). */
const TITLES = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;
export type ProblemStatus = keyof typeof TITLES;

/**
 * What is wrong with a request: thrown wherever it is found, and answered as specified by RFC 9457.
 */
export class Problem extends Error {
  readonly status: ProblemStatus;
  readonly headers: Readonly<Record<string, string>>;
  /** Additional members of the document. */
  readonly members: object;

  /**
   * @param detail a sentence: what was found and what is allowed
   * @param headers additional headers of the answer
   * @param members additional members of the document
   */
  constructor(
    status: ProblemStatus,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
    members: object = {},
  ) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.headers = headers;
    this.members = members;
  }

  /** The name of the status. */
  get title(): string {
    return TITLES[this.status];
  }

  toReply(): Reply & { readonly body: string } {
    const { status, title, message, members } = this;
    const document = { type: "about:blank", title, status, detail: message, ...members };
    return {
      status,
      headers: { ...this.headers, "content-type": "application/problem+json" },
      body: `${JSON.stringify(document)}\n`,
    };
  }
}
