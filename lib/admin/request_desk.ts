import { traceOf } from "../base/trace_of.ts";
import { loggerFor } from "../log/logging.ts";
import type { Guard } from "./guard.ts";
import type { PageFile } from "./page_file.ts";
import { Problem } from "./problem.ts";
import { readBody } from "./read_body.ts";
import type { Desk } from "./route.ts";
import { findRoute, readParameters } from "./router.ts";

export interface RequestDeskInputs {
  readonly guard: Guard;
  readonly desk: Desk;
  readonly pages: readonly PageFile[];
  /** How long a body may take to arrive. */
  readonly bodyTimeoutMs: number;
}

/** So many requests are worked on at once; streams of events do not count. */
const MOST_REQUESTS = 128;

const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Pages are made of their own files alone: nothing is loaded from elsewhere, and nothing inline. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Takes requests, refuses those that are not to be answered, and answers the others. */
export class RequestDesk {
  readonly #inputs: RequestDeskInputs;
  readonly #logger = loggerFor("admin");
  #requests = 0;

  constructor(inputs: RequestDeskInputs) {
    this.#inputs = inputs;
  }

  /** Answers a request. Never rejects. */
  async answer(request: Request): Promise<Response> {
    this.#requests++;
    try {
      return finished(request, await this.#answer(request));
    } catch (error) {
      return finished(request, this.#problemOf(error).toResponse());
    } finally {
      this.#requests--;
    }
  }

  async #answer(request: Request): Promise<Response> {
    if (this.#requests > MOST_REQUESTS) {
      throw new Problem(503, "Too many requests are under way", { "retry-after": "1" });
    }
    const { guard, desk, pages, bodyTimeoutMs } = this.#inputs;
    const { pathname, searchParams } = guard.checkHost(request);
    const page = pages.find(({ path }) => path === pathname);
    if (page !== undefined) {
      guard.checkOrigin(request, "none");
      return pageAnswer(request, page);
    }
    const match = findRoute(desk.routes, request.method, pathname);
    const { permission, body, handle } = match.route;
    guard.checkOrigin(request, permission);
    const rights = await guard.checkRights(request, permission);
    const parameters = readParameters(match, searchParams);
    const call = {
      request,
      rights,
      parameters,
      body: await readBody(request, body, bodyTimeoutMs),
    };
    return await handle(call, desk);
  }

  #problemOf(error: unknown): Problem {
    if (error instanceof Problem) return error;
    const trace = traceOf(error);
    this.#logger.error("A request ended with an unexpected error: {trace}", { trace });
    return new Problem(500, "An unexpected error; the log says more");
  }
}

function pageAnswer(request: Request, { body, contentType }: PageFile): Response {
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw new Problem(405, `${request.method} cannot be done to a page: expected GET, HEAD`, {
      allow: "GET, HEAD",
    });
  }
  return new Response(body, {
    headers: { "content-type": contentType, "content-security-policy": PAGE_POLICY },
  });
}

/** Adds what every answer has, and leaves the body out where only the head was asked for. */
function finished(request: Request, response: Response): Response {
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  if (request.method !== "HEAD") return response;
  void response.body?.cancel();
  return new Response(null, response);
}
