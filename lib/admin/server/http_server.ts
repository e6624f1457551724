import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { traceOf } from "../../base/trace_of.ts";
import { loggerFor } from "../../log/logging.ts";
import { AdminConnection, type ConnectionLimits } from "./admin_connection.ts";
import { Exchange } from "./exchange.ts";
import type { HttpRequest } from "./http_request.ts";
import { Problem } from "./problem.ts";
import { Quota } from "./quota.ts";
import type { LiveReply, Reply } from "./reply.ts";
import { RequestGate } from "./request_gate.ts";

/** Answers a request. Never rejects. */
export type Answerer = (request: HttpRequest) => Promise<Reply | LiveReply>;

/** How many requests are in progress at once; streams of events do not count. */
const MOST_REQUESTS = 128;
/** Answers of this size or more may not fit into the kernel's buffers. */
const LARGE_BYTES = 64 * 1024;

export interface HttpLimits extends ConnectionLimits {
  /** The maximum number of large answers written at once; called for each. */
  readonly mostLargeAnswers: () => number;
}

/**
 * An HTTP/1.1 server for connections that are accepted elsewhere. `node:http` could listen by
 * itself, but once the process has run out of descriptors it never accepts again, and does not
 * report it.
 */
export class HttpServer {
  readonly #answer: Answerer;
  readonly #limits: HttpLimits;
  readonly #server: Server;
  readonly #requests = new Quota(() => MOST_REQUESTS);
  readonly #largeAnswers: Quota;
  readonly #gate = new RequestGate();
  #isClosing = false;

  constructor(answer: Answerer, limits: HttpLimits) {
    this.#answer = answer;
    this.#limits = limits;
    this.#largeAnswers = new Quota(limits.mostLargeAnswers);
    // The time limits of `node:http` apply only to its own sockets.
    this.#server = createServer({ keepAliveTimeout: 0 });
    // A client may close its side and still want the answer.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    // A server that does not listen destroys each connection after its first answer.
    Object.defineProperty(this.#server, "listening", { value: true });
    this.#server.on("request", (message, response) => {
      this.#serve(message, response).catch((error) => {
        logDefect(error);
        message.socket.destroy();
      });
    });
    this.#server.on("clientError", (error: Error, connection) => {
      refuse(connection as unknown as AdminConnection, problemOf(error));
    });
  }

  /** Takes over a connection, and answers the requests on it until either side closes it. */
  take(accepted: Deno.Conn): AdminConnection {
    const connection = new AdminConnection(accepted, this.#limits, this.#gate, (late) => {
      const seconds = this.#limits.requestTimeoutMs / 1000;
      refuse(late, new Problem(408, `The request was not received within ${seconds} s`));
    });
    this.#server.emit("connection", connection);
    return connection;
  }

  /** From now on, every answer is the last one on its connection. */
  close(): void {
    this.#isClosing = true;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const connection = message.socket as unknown as AdminConnection;
    const exchange = new Exchange(message, response, connection);
    const leave = this.#requests.take();
    if (leave === undefined) return this.#refuse(exchange, "Too many requests are in progress");
    exchange.onEnd(leave);
    const reply = await this.#answer(exchange.request);
    if ("start" in reply) {
      leave();
      return exchange.stream(reply);
    }
    const { body } = reply;
    // A body that is rendered in slices is large, and only a few requests may wait for it.
    const isBeingMade = body instanceof Promise;
    if (isBeingMade && !this.#beginLarge(exchange)) return;
    const encoded = exchange.encode(reply, isBeingMade ? await body : body);
    const isLarge = encoded.bytes.length >= LARGE_BYTES && exchange.request.method !== "HEAD";
    if (isLarge && !isBeingMade && !this.#beginLarge(exchange)) return;
    exchange.write(encoded, this.#isClosing);
  }

  /** Takes a place for a large answer. Refuses the request and returns false if there is none. */
  #beginLarge(exchange: Exchange): boolean {
    const finish = this.#largeAnswers.take();
    if (finish === undefined) {
      this.#refuse(exchange, "Too many other clients have not read their large answers yet");
      return false;
    }
    exchange.onEnd(finish);
    return true;
  }

  #refuse(exchange: Exchange, detail: string): void {
    const problem = new Problem(503, detail, { "retry-after": "1" });
    const reply = problem.toReply();
    exchange.write(exchange.encode(reply, reply.body), true);
  }
}

/** Nothing should be thrown here; if it is, it must not end the process. */
function logDefect(error: unknown): void {
  const trace = traceOf(error);
  loggerFor("admin").error("An answer ended with an unexpected error: {trace}", { trace });
}

/** What is wrong with bytes that `node:http` cannot parse as a request. */
function problemOf(error: Error & { readonly code?: string }): Problem {
  return error.code === "HPE_HEADER_OVERFLOW"
    ? new Problem(431, "The head of the request is too large: at most 16 KiB are allowed")
    : new Problem(400, "This is not an HTTP/1.1 request");
}

/** Closes a connection without a valid request, and says why unless an answer is being written. */
function refuse(connection: AdminConnection, problem: Problem): void {
  if (!connection.isIdle || !connection.writable) return void connection.destroy();
  const { status, headers, body } = problem.toReply();
  const lines = Object.entries({ ...headers, connection: "close" })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  connection.end(`HTTP/1.1 ${status} ${problem.title}\r\n${lines.join("")}\r\n${body}`);
}
