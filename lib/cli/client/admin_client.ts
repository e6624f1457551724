import type { JsonSchema } from "../../admin/api/json_schema.ts";
import { type Address, isIpv6 } from "../../base/address.ts";
import { messageOf } from "../../base/message_of.ts";
import { type BoundAddress, formatAdminAddress } from "../../config/admin_address.ts";
import { findMisfit } from "./find_misfit.ts";

/** Weir cannot be reached: nothing listens at its address, or what does is not Weir. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** Weir refused a request; the message is its own. */
export class RefusalError extends Error {
  override readonly name = "RefusalError";
  /** The HTTP status. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** A request to the admin API. */
export interface AdminRequest {
  /** @default {"GET"} */
  readonly method?: "GET" | "POST" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Further statuses that are not refusals. */
  readonly accept?: readonly number[];
  /** The schema of Weir's answer, by which other servers that speak JSON are recognized. */
  readonly shape?: JsonSchema;
}

const NOT_WEIR = "the server there is not Weir";
const NOT_JSON = Symbol("not JSON");

/** In bytes; larger than the status of as many backends as a file may have. */
const LARGEST_ANSWER = 64 * 1024 * 1024;

/** How long Weir may take to answer. */
const PATIENCE_MS = 10_000;

/** A client of the admin API of a running Weir, over TCP or a Unix socket. */
export class AdminClient implements Disposable {
  readonly #address: BoundAddress;
  readonly #token: string;
  readonly #client: Deno.HttpClient;
  readonly #base: string;

  /** @param token empty if there is none */
  constructor(address: BoundAddress, token = "") {
    this.#address = address;
    this.#token = token;
    // With the address as its own proxy, the client connects to it directly, whatever proxy the
    // environment names.
    this.#client = Deno.createHttpClient({
      proxy: address.kind === "unix"
        ? { transport: "unix", path: address.path }
        : { transport: "tcp", ...inUrl(address.address) },
    });
    this.#base = address.kind === "unix" ? "http://localhost" : `http://${this.place}`;
  }

  /** The address of Weir, for messages. */
  get place(): string {
    return formatAdminAddress(this.#address);
  }

  /**
   * Sends a request and returns the parsed JSON answer, or `undefined` if it has no content.
   *
   * @throws {UnreachableError}
   * @throws {RefusalError}
   */
  async ask<T>(path: string, request: AdminRequest = {}): Promise<T> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await this.#fetch(path, request, signal);
    let text: string;
    try {
      text = await readText(answer, signal);
    } catch (error) {
      throw this.#unreachable(error);
    }
    const value = text === "" ? undefined : parseJson(text);
    if (value === NOT_JSON) throw this.#unreachable(NOT_WEIR);
    return request.shape === undefined ? value as T : this.verify<T>(value, request.shape);
  }

  /**
   * Checks that a value is an answer of Weir, and returns it.
   *
   * @throws {UnreachableError} if the value does not match the schema
   */
  verify<T>(value: unknown, shape: JsonSchema): T {
    const misfit = findMisfit(value, shape);
    if (misfit === undefined) return value as T;
    throw this.#unreachable(`${NOT_WEIR}, or is a Weir of another version (${misfit})`);
  }

  /**
   * Opens a stream that does not end by itself.
   *
   * @throws {UnreachableError}
   * @throws {RefusalError}
   */
  async open(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const answer = await this.#fetch(path, {}, signal);
    if (answer.body === null) throw this.#unreachable("its answer is empty");
    return answer.body;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  async #fetch(path: string, request: AdminRequest, signal: AbortSignal): Promise<Response> {
    const { method = "GET", body, accept = [] } = request;
    const headers = new Headers({ Accept: "*/*" });
    if (this.#token !== "") headers.set("Authorization", `Bearer ${this.#token}`);
    if (body !== undefined) headers.set("Content-Type", "application/json");
    let answer: Response;
    try {
      answer = await fetch(this.#base + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        client: this.#client,
        redirect: "manual",
        signal,
      });
    } catch (error) {
      throw this.#unreachable(error);
    }
    if (answer.ok || accept.includes(answer.status)) return answer;
    const words = await explain(
      answer,
      AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    );
    if (words === undefined) throw this.#unreachable(`${NOT_WEIR} (status ${answer.status})`);
    throw new RefusalError(words, answer.status);
  }

  #unreachable(error: unknown): UnreachableError {
    const { TimedOut, NotCapable, PermissionDenied } = Deno.errors;
    if (error instanceof NotCapable) throw error;
    const isLate = error instanceof TimedOut ||
      (error instanceof DOMException && error.name === "TimeoutError");
    const reason = isLate
      ? "it does not respond"
      : error instanceof PermissionDenied
      ? "permission denied"
      : rootOf(error);
    return new UnreachableError(`cannot reach Weir at ${this.place}: ${reason}`);
  }
}

/** An address as written in a URL: IPv6 in brackets. */
function inUrl({ hostname, port }: Address): Address {
  return { hostname: isIpv6(hostname) ? `[${hostname}]` : hostname, port };
}

/**
 * Returns the message of a problem document; `undefined` if there is none, so the answer is not
 * from Weir.
 */
async function explain(answer: Response, signal: AbortSignal): Promise<string | undefined> {
  const document = parseJson(await readText(answer, signal).catch(() => ""));
  const { detail, title } = (document ?? {}) as { detail?: unknown; title?: unknown };
  const words = detail ?? title;
  return typeof words === "string" && words !== "" ? words : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}

/** Rejects if an answer does not arrive in time, or is larger than any answer of Weir. */
async function readText(answer: Response, signal: AbortSignal): Promise<string> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return "";
  // In Deno 2.9.6 a signal no longer reaches the body after a garbage collection.
  const cancel = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    const decoder = new TextDecoder();
    let text = "";
    let size = 0;
    while (true) {
      const { done, value } = await reader.read();
      if (signal.aborted) throw signal.reason;
      if (done) return text + decoder.decode();
      size += value.length;
      if (size > LARGEST_ANSWER) throw new Error(`${NOT_WEIR} (its answer does not end)`);
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

/** The message of the error that caused all others, without those wrapped around it. */
function rootOf(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  const text = messageOf(root);
  return text.slice(text.lastIndexOf(": ") + 1).trim();
}
