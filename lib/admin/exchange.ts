import type { IncomingMessage, ServerResponse } from "node:http";
import type { AdminConnection } from "./admin_connection.ts";
import { hasBody, type HttpRequest, toHttpRequest } from "./http_request.ts";
import { acceptsGzip, RenderedBody } from "./rendered_body.ts";
import type { LiveReply, Reply } from "./reply.ts";

/** What every answer has unless it says otherwise. */
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** The head of a reply, and its body as it goes over the wire. */
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
  /** A client that has closed its side may still want the answer, if it has asked its question. */
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
    // A client that leaves in the middle is no news.
    message.on("error", () => {});
    response.on("error", () => {});
    response.once("close", connection.beginRequest(() => this.#end()));
  }

  /** Has something done once the answer is written or the connection is gone; at once if it is. */
  onEnd(act: () => void): void {
    if (this.#hasEnded) act();
    else this.#onEnd.push(act);
  }

  /** Puts a body into the form that this client can read. */
  encode({ status, headers, body = "" }: Reply): EncodedReply {
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
   * @param isLast whether the connection ends with it in any case
   */
  write({ status, headers, bytes }: EncodedReply, isLast: boolean): void {
    const length = status === NO_CONTENT ? {} : { "content-length": String(bytes.length) };
    this.#writeHead(status, { ...headers, ...length }, isLast);
    // `node:http` leaves the body out where only the head was asked for.
    this.#response.end(bytes);
  }

  /** Writes the head of the answer and leaves the body to the reply. */
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
