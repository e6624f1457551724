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
}

/** How long Weir may take to begin its answer. */
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
        : { transport: "tcp", ...address.address },
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
    const answer = await this.#fetch(path, request, AbortSignal.timeout(PATIENCE_MS));
    try {
      const text = await answer.text();
      return (text === "" ? undefined : JSON.parse(text)) as T;
    } catch (error) {
      throw this.#unreachable(error);
    }
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
    throw new RefusalError(await explain(answer), answer.status);
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

async function explain(answer: Response): Promise<string> {
  const text = await answer.text().catch(() => "");
  try {
    const { detail, title } = JSON.parse(text) as { detail?: string; title?: string };
    const words = detail ?? title;
    if (typeof words === "string" && words !== "") return words;
  } catch {
    // Not from Weir, or not as it should be: the status has to do.
  }
  return `it answered with status ${answer.status}`;
}

/** The words of the error that all others are consequences of, without those around it. */
function rootOf(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  const text = root instanceof Error ? root.message : String(root);
  return text.slice(text.lastIndexOf(": ") + 1).trim();
}
