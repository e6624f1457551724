import { connectTcp } from "../base/connect_tcp.ts";
import { formatDuration } from "../base/duration.ts";
import { isLocalFault } from "../base/local_fault.ts";
import { messageOf } from "../base/message_of.ts";
import { encodeLocalHeader, encodeProxyHeader } from "../protocol/proxy_header.ts";
import { isAtSessionsPort, probedPort, type ProbeResult, type ProbeSubject } from "./probe.ts";

/** Talks to a connected backend; returns what is wrong with it, in words. */
export type Conversation = (wire: Wire) => Promise<string | undefined>;

/**
 * The part that all probes share: connects, sends a PROXY header where sessions do, lets `converse`
 * find out the rest, and closes the connection whatever happens.
 */
export async function runProbe(
  subject: ProbeSubject,
  signal: AbortSignal,
  converse: Conversation,
): Promise<ProbeResult> {
  const startedMs = performance.now();
  function failed(reason: string, local = false): ProbeResult {
    return { passed: false, reason, local, durationMs: performance.now() - startedMs };
  }
  let conn: Deno.TcpConn | undefined;
  let wire: Wire | undefined;
  // This may be called twice, and it ends a pending read or write.
  const close = (): void => conn?.[Symbol.dispose]();
  try {
    conn = await dial(subject, signal);
    signal.addEventListener("abort", close);
    wire = new Wire(conn);
    const header = headerFor(subject, conn);
    if (header !== undefined) await wire.send(header);
    const problem = await converse(wire);
    if (problem !== undefined) return failed(problem);
    return { passed: true, durationMs: performance.now() - startedMs };
  } catch (error) {
    if (signal.aborted) return failed(describeLateness(subject, wire));
    return failed(describeError(error), isLocalFault(error));
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

/** Connects as sessions do: to the backend's addresses in turn, until one answers. */
async function dial(subject: ProbeSubject, signal: AbortSignal): Promise<Deno.TcpConn> {
  const port = probedPort(subject);
  let lastError: unknown;
  for (const hostname of subject.backend.candidates) {
    try {
      const conn = await connectTcp({ hostname, port, signal });
      if (!signal.aborted) return conn;
      conn.close();
      throw signal.reason;
    } catch (error) {
      if (signal.aborted || isLocalFault(error)) throw error;
      lastError = error;
    }
  }
  throw lastError;
}

/**
 * The header of a connection without a client: the command LOCAL, or in v1, which has none, the
 * connection's own addresses, as not every server accepts `PROXY UNKNOWN`. It is omitted where
 * `health_port` points elsewhere: the server there need not expect it (HAProxy does the same).
 */
function headerFor(
  subject: ProbeSubject,
  { localAddr, remoteAddr }: Deno.TcpConn,
): Uint8Array | undefined {
  const { proxyProtocol } = subject.pool;
  if (proxyProtocol === "off" || !isAtSessionsPort(subject)) return undefined;
  if (proxyProtocol === "v1") return encodeProxyHeader("v1", localAddr, remoteAddr);
  return encodeLocalHeader(proxyProtocol);
}

function describeLateness({ pool }: ProbeSubject, wire: Wire | undefined): string {
  const timeout = formatDuration(pool.healthTimeoutMs);
  if (wire === undefined) return `no answer within ${timeout}`;
  return wire.receivedBytes === 0
    ? `connected, but no answer within ${timeout}`
    : `answered, but not what was expected within ${timeout}`;
}

/** The error's message, as it reads in the middle of a sentence. */
function describeError(error: unknown): string {
  return messageOf(error).replace(/ \(os error \d+\)$/, "")
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

const READ_BYTES = 4096;

/** The connection of one probe. */
export class Wire {
  readonly #conn: Deno.TcpConn;
  #receivedBytes = 0;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** How much has been read so far. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  async send(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length;) {
      from += await this.#conn.write(bytes.subarray(from));
    }
  }

  /** Reads what is available, one character for each byte; `undefined` at the end. */
  async receive(): Promise<string | undefined> {
    const buffer = new Uint8Array(READ_BYTES);
    const count = await this.#conn.read(buffer);
    if (count === null) return undefined;
    this.#receivedBytes += count;
    return String.fromCharCode(...buffer.subarray(0, count));
  }

  /** Sends text in which each character stands for one byte. */
  sendBytesOf(text: string): Promise<void> {
    return this.send(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  }
}
