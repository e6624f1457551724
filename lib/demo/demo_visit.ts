import { formatAddress, isLoopback } from "../base/address.ts";
import { decodeProxyHeader } from "../protocol/proxy_header_decoder.ts";
import { ByteReader } from "./byte_reader.ts";
import {
  contentType,
  encodeReplyHead,
  errorReply,
  type HttpReply,
  MAX_HEAD_BYTES,
  parseRequestHead,
  requestHeadLength,
  textReply,
} from "./http_exchange.ts";
import type { SharedFile, SharedFolder } from "./shared_folder.ts";

/** How long the request head may take, and how long one piece of the reply may. */
const STALL_TIMEOUT_MS = 10_000;
/** How long to wait for the client to close after the reply. */
const LINGER_MS = 1_000;
/** How much of a request's body is read and discarded after the reply, in bytes. */
const LINGER_BYTES = 1024 * 1024;
const FILE_CHUNK_BYTES = 64 * 1024;

interface Answer {
  readonly reply: HttpReply;
  /** The file that follows the head of the reply, if any. */
  readonly file?: SharedFile;
  readonly headOnly?: boolean;
}

/** A connection that came through Weir. */
interface Guest {
  /** `ip:port` of the client; empty if the header names none. */
  readonly client: string;
}

/** How a connection arrived: through Weir, bypassing it, or it closed without sending anything. */
type Arrival = Guest | "around" | "gone";

/** One connection to a demo backend: a PROXY header, one request, one reply. */
export class DemoVisit {
  readonly #conn: Deno.Conn;
  readonly #reader: ByteReader;
  readonly #backend: string;
  readonly #folder: SharedFolder;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(conn: Deno.Conn, backend: string, folder: SharedFolder) {
    this.#conn = conn;
    this.#reader = new ByteReader(conn);
    this.#backend = backend;
    this.#folder = folder;
  }

  /**
   * Serves the connection and closes it. Never rejects: a client that leaves early is not a
   * failure.
   */
  async run(): Promise<void> {
    try {
      this.#closeAfter(STALL_TIMEOUT_MS);
      await this.#serve();
      this.#closeAfter(LINGER_MS);
      // Closing with unread bytes resets the connection, and the client would lose the reply.
      await this.#conn.closeWrite();
      await this.#reader.discard(LINGER_BYTES);
    } catch {
      // The client disconnected, or the visit was closed.
    } finally {
      clearTimeout(this.#timer);
      this.close();
    }
  }

  /** Closes the connection at once. */
  close(): void {
    try {
      this.#conn.close();
    } catch {
      // It is already closed.
    }
  }

  #closeAfter(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(), milliseconds);
  }

  async #serve(): Promise<void> {
    const { hostname } = this.#conn.remoteAddr as Deno.NetAddr;
    const arrival = isLoopback(hostname) ? await readArrival(this.#reader) : "around";
    if (arrival === "gone") return;
    if (arrival === "around") {
      const message = "this backend only serves connections that come through Weir";
      return await this.#send({ reply: errorReply(403, message) });
    }
    const head = await this.#readHead();
    if (head?.length === 0) return;
    const answer = await this.#answer(head);
    const client = arrival.client === "" ? {} : { "X-Client": arrival.client };
    const headers = { ...client, ...answer.reply.headers };
    await this.#send({ ...answer, reply: { ...answer.reply, headers } });
  }

  async #answer(head: Uint8Array | undefined): Promise<Answer> {
    if (head === undefined) {
      return { reply: errorReply(431, `the request head is longer than ${MAX_HEAD_BYTES} bytes`) };
    }
    const request = parseRequestHead(head);
    if (request === "malformed") return { reply: errorReply(400, "this is not an HTTP request") };
    if (request === "unsupported version") return { reply: errorReply(505, "use HTTP/1.1") };
    const { method, target } = request;
    if (method !== "GET" && method !== "HEAD") {
      return { reply: errorReply(405, "use GET or HEAD", { Allow: "GET, HEAD" }) };
    }
    const answer = await this.#look(target);
    return { ...answer, headOnly: method === "HEAD" };
  }

  async #look(target: string): Promise<Answer> {
    try {
      if (/^\/(\?|#|$)/.test(target)) {
        const paths = await this.#folder.list();
        return { reply: textReply(200, paths.map((path) => `${path}\n`).join("")) };
      }
      const file = await this.#folder.find(target);
      if (file === "malformed") return { reply: errorReply(400, "the path is malformed") };
      if (file === "not found") {
        return { reply: errorReply(404, "there is no such file; GET / lists those that exist") };
      }
      const headers = { "Content-Type": contentType(file.path) };
      return { file, reply: { status: 200, headers, body: file.size } };
    } catch {
      return { reply: errorReply(500, "the file cannot be read") };
    }
  }

  async #send({ reply, file, headOnly = false }: Answer): Promise<void> {
    const headers = { "X-Backend": this.#backend, ...reply.headers };
    await this.#write(encodeReplyHead({ ...reply, headers }));
    if (headOnly) return;
    if (typeof reply.body !== "number") await this.#write(reply.body);
    else if (file !== undefined) await this.#sendFile(file);
  }

  /** Reads the request head; returns undefined if it is too long, and nothing if there is none. */
  async #readHead(): Promise<Uint8Array | undefined> {
    for (;;) {
      const length = requestHeadLength(this.#reader.received);
      if (length > MAX_HEAD_BYTES) return undefined;
      if (length >= 0) return this.#reader.take(length);
      if (this.#reader.received.length > MAX_HEAD_BYTES) return undefined;
      // A head that ends in the middle is returned as it is, and then rejected as malformed.
      if (!await this.#reader.readMore()) return this.#reader.received;
    }
  }

  async #sendFile(file: SharedFile): Promise<void> {
    using source = await Deno.open(file.path);
    const buffer = new Uint8Array(FILE_CHUNK_BYTES);
    for (let rest = file.size; rest > 0;) {
      const length = await source.read(buffer.subarray(0, Math.min(rest, buffer.length)));
      if (length === null) throw new Deno.errors.UnexpectedEof(`"${file.path}" became shorter`);
      await this.#write(buffer.subarray(0, length));
      rest -= length;
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#closeAfter(STALL_TIMEOUT_MS);
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await this.#conn.write(rest));
  }
}

/** Reads the PROXY header at the start of a connection; a connection without one bypassed Weir. */
async function readArrival(reader: ByteReader): Promise<Arrival> {
  for (;;) {
    const result = decodeProxyHeader(reader.received);
    if (result.kind === "invalid") return "around";
    if (result.kind === "header") {
      reader.take(result.length);
      return { client: result.source === undefined ? "" : formatAddress(result.source) };
    }
    if (!await reader.readMore()) return reader.received.length === 0 ? "gone" : "around";
  }
}
