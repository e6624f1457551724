import { type Address, isIpv6 } from "../base/address.ts";
import { messageOf } from "../base/message_of.ts";
import { findMisfit } from "../admin/find_misfit.ts";
import type { JsonSchema } from "../admin/json_schema.ts";
import { type BoundAddress, formatAdminAddress } from "../config/admin_address.ts";

/** Weir cannot be reached: nobody listens there, or whoever does is not Weir. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** Weir was reached and said no, in its own words. */
export class RefusalError extends Error {
  override readonly name = "RefusalError";
  /** The status of HTTP. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** What to ask for. */
export interface AdminRequest {
  /** @default {"GET"} */
  readonly method?: "GET" | "POST" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Statuses that are answers too, and no refusals. */
  readonly accept?: readonly number[];
  /** What an answer of Weir is like: whoever else speaks JSON is told by it. */
  readonly shape?: JsonSchema;
}

const NOT_WEIR = "what answers there is not Weir";
const NOT_JSON = Symbol("what is not JSON");

/** More than the status of as many backends as a file may have. */
const LARGEST_ANSWER = 64 * 1024 * 1024;

/** How long Weir may take to answer. */
const PATIENCE_MS = 10_000;

/** Asks a running Weir through its admin API, over TCP or a Unix socket. */
export class AdminClient implements Disposable {
  readonly #address: BoundAddress;
  readonly #token: string;
  readonly #client: Deno.HttpClient;
  readonly #base: string;

  /** @param token empty where there is none */
  constructor(address: BoundAddress, token = "") {
    this.#address = address;
    this.#token = token;
    // Named as a proxy, the address is connected to directly, whatever the environment says.
    this.#client = Deno.createHttpClient({
      proxy: address.kind === "unix"
        ? { transport: "unix", path: address.path }
        : { transport: "tcp", ...inUrl(address.address) },
    });
    this.#base = address.kind === "unix" ? "http://localhost" : `http://${this.place}`;
  }

  /** Where Weir is, for messages. */
  get place(): string {
    return formatAdminAddress(this.#address);
  }

  /**
   * Sends a request and gives the answer as JSON; nothing where there is no content.
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
   * Takes a value for what Weir says.
   *
   * @throws {UnreachableError} where Weir would not say so
   */
  verify<T>(value: unknown, shape: JsonSchema): T {
    const misfit = findMisfit(value, shape);
    if (misfit === undefined) return value as T;
    throw this.#unreachable(`${NOT_WEIR}, or of another version (${misfit})`);
  }

  /**
   * Opens a stream that does not end by itself.
   *
   * @throws {UnreachableError}
   * @throws {RefusalError}
   */
  async open(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const answer = await this.#fetch(path, {}, signal);
    if (answer.body === null) throw this.#unreachable("it answered nothing");
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
      ? "it does not answer"
      : error instanceof PermissionDenied
      ? "no permission"
      : rootOf(error);
    return new UnreachableError(`cannot reach Weir at ${this.place}: ${reason}`);
  }
}

/** An address as a URL has it: IPv6 in brackets. */
function inUrl({ hostname, port }: Address): Address {
  return { hostname: isIpv6(hostname) ? `[${hostname}]` : hostname, port };
}

/** Gives the words of a problem document; nothing where there is none, and so not from Weir. */
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

/** Rejects where an answer is not there in time, or larger than any that Weir gives. */
async function readText(answer: Response, signal: AbortSignal): Promise<string> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return "";
  // Under Deno 2.9.6 a signal does not reach the body once the garbage collector has been by.
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

/** The words of the error that all others are consequences of, without those around it. */
function rootOf(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  const text = messageOf(root);
  return text.slice(text.lastIndexOf(": ") + 1).trim();
}
