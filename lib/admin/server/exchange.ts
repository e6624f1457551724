import type { IncomingMessage, ServerResponse } from "node:http";
import type { AdminConnection } from "./admin_connection.ts";
import { hasBody, type HttpRequest, toHttpRequest } from "./http_request.ts";
import { acceptsGzip, RenderedBody } from "./rendered_body.ts";
import type { LiveReply, Reply } from "./reply.ts";

/** The headers of every answer that does not set them itself. */
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** The head of a reply, and its encoded body. */
export interface EncodedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

/** A request on a connection, and its answer. */
export class Exchange {
  readonly request: HttpRequest;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #connection: AdminConnection;
  readonly #onEnd: (() => void)[] = [];
  /** A client that has closed its side may still want the answer if its request was complete. */
  readonly #onHalfClose = (): void => {
    if (this.#isLive || !this.#message.complete) this.#connection.destroy();
  };
  #isLive = false;
  #hasEnded = false;

  constructor(message: IncomingMessage, response: ServerResponse, connection: AdminConnection) {
    this.request = toHttpRequest(message);
    this.#message = message;
    this.#response = response;
    this.#connection = connection;
    connection.once("end", this.#onHalfClose);
    // A client that disconnects during a request is not worth reporting.
    message.on("error", () => {});
    response.on("error", () => {});
    response.once("close", connection.beginRequest(() => this.#end()));
  }

  /**
   * Calls a function once the answer is written or the connection is gone; immediately if it
   * already is.
   */
  onEnd(act: () => void): void {
    if (this.#hasEnded) act();
    else this.#onEnd.push(act);
  }

  /** Encodes a body in a form that this client accepts. */
  encode(
    { status, headers }: Omit<Reply, "body">,
    body: string | RenderedBody = "",
  ): EncodedReply {
    if (typeof body === "string") return { status, headers, bytes: new RenderedBody(body).bytes };
    if (!body.isCompressible) return { status, headers, bytes: body.bytes };
    const vary = "vary" in headers ? `${headers.vary}, accept-encoding` : "accept-encoding";
    if (!acceptsGzip(this.request.headers.get("accept-encoding"))) {
      return { status, headers: { ...headers, vary }, bytes: body.bytes };
    }
    const encoded = { ...headers, vary, "content-encoding": "gzip" };
    return { status, headers: encoded, bytes: body.gzipped };
  }

  /**
   * Writes the whole answer.
   *
   * @param isLast whether the connection is closed after it in any case
   */
  write({ status, headers, bytes }: EncodedReply, isLast: boolean): void {
    const length = status === NO_CONTENT ? {} : { "content-length": String(bytes.length) };
    this.#writeHead(status, { ...headers, ...length }, isLast);
    // `node:http` omits the body of an answer to HEAD.
    this.#response.end(bytes);
  }

  /** Writes the head of the answer, and lets the reply write the body. */
  stream({ status, headers, start }: LiveReply): void {
    const response = this.#response;
    this.#isLive = true;
    this.#writeHead(status, headers, true);
    response.flushHeaders();
    this.onEnd(start({
      get backlog() {
        return response.writableLength;
      },
      write: (bytes) => void response.write(bytes),
      end: () => void response.end(),
    }));
    if (this.request.method === "HEAD") response.end();
  }

  #writeHead(status: number, headers: Readonly<Record<string, string>>, isLast: boolean): void {
    const isUnread = hasBody(this.request) && !this.#message.readableEnded;
    const ending = isLast || isUnread ? { connection: "close" } : {};
    this.#response.writeHead(status, { ...HEADERS, ...headers, ...ending });
  }

  #end(): void {
    this.#hasEnded = true;
    this.#connection.off("end", this.#onHalfClose);
    for (const act of this.#onEnd) act();
  }
}

const NO_CONTENT = 204;
