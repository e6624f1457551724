import { traceOf } from "../../base/trace_of.ts";
import { loggerFor } from "../../log/logging.ts";
import type { PageFile } from "../dashboard/page_file.ts";
import type { HttpRequest } from "../server/http_request.ts";
import { Problem } from "../server/problem.ts";
import { RenderedBody } from "../server/rendered_body.ts";
import type { LiveReply, Reply } from "../server/reply.ts";
import type { Guard } from "./guard.ts";
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

/**
 * Pages consist of their own files only: nothing is loaded from elsewhere, and nothing is inline.
 */
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

/** Checks requests, refuses those that are not allowed, and answers the others. */
export class RequestDesk {
  readonly #inputs: RequestDeskInputs;
  readonly #pages: ReadonlyMap<string, Reply>;
  readonly #logger = loggerFor("admin");

  constructor(inputs: RequestDeskInputs) {
    this.#inputs = inputs;
    this.#pages = new Map(inputs.pages.map((page) => [page.path, pageReply(page)]));
  }

  /** Answers a request. Never rejects. */
  async answer(request: HttpRequest): Promise<Reply | LiveReply> {
    try {
      return await this.#answer(request);
    } catch (error) {
      return this.#problemOf(error).toReply();
    }
  }

  async #answer(request: HttpRequest): Promise<Reply | LiveReply> {
    const { guard, desk, bodyTimeoutMs } = this.#inputs;
    const { pathname, searchParams } = guard.checkHost(request);
    const page = this.#pages.get(pathname);
    if (page !== undefined) {
      guard.checkOrigin(request, "none");
      requireReading(request);
      return page;
    }
    const match = findRoute(desk.routes, request.method, pathname);
    const { permission, body, handle } = match.route;
    guard.checkOrigin(request, permission);
    guard.checkRights(request, permission);
    const parameters = readParameters(match, searchParams);
    const sent = await readBody(request, body, bodyTimeoutMs);
    // Checked again, because the token may have been revoked while the body was read.
    const access = guard.checkRights(request, permission);
    return await handle({ request, access, parameters, body: sent }, desk);
  }

  #problemOf(error: unknown): Problem {
    if (error instanceof Problem) return error;
    const trace = traceOf(error);
    this.#logger.error("A request ended with an unexpected error: {trace}", { trace });
    return new Problem(500, "An unexpected error occurred; see the log");
  }
}

function pageReply({ body, contentType }: PageFile): Reply {
  return {
    status: 200,
    headers: { "content-type": contentType, "content-security-policy": PAGE_POLICY },
    body: new RenderedBody(body),
  };
}

function requireReading({ method }: HttpRequest): void {
  if (method === "GET" || method === "HEAD") return;
  throw new Problem(405, `${method} is not allowed for a page: expected GET, HEAD`, {
    allow: "GET, HEAD",
  });
}
