import { connectTcp } from "../base/connect_tcp.ts";
import { formatDuration } from "../base/duration.ts";
import { isLocalFault } from "../base/local_fault.ts";
import { messageOf } from "../base/message_of.ts";
import { encodeLocalHeader, encodeProxyHeader } from "../protocol/proxy_header.ts";
import { isAtSessionsPort, probedPort, type ProbeResult, type ProbeSubject } from "./probe.ts";
import { Wire } from "./_wire.ts";

/** Talks to a backend that is connected; gives what is wrong with it, in words. */
export type Conversation = (wire: Wire) => Promise<string | undefined>;

/**
 * The part that all probes have in common: connects, announces itself where sessions are announced,
 * lets `converse` find out the rest, and closes the connection whatever happens.
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
  // Closing twice is allowed this way, and it ends a read or a write that waits.
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

/** Connects the way sessions do: to the backend's addresses in turn, until one answers. */
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
 * The header of a connection that is made for nobody: the command LOCAL, or in v1, which has none,
 * the connection's own addresses, as not everybody takes `PROXY UNKNOWN`. It is left out where
 * `health_port` leads elsewhere: what answers there need not expect it (HAProxy does the same).
 */
function headerFor(
  subject: ProbeSubject,
  { localAddr, remoteAddr }: Deno.TcpConn,
): Uint8Array | undefined {
  const { proxyProtocol } = subject.listener;
  if (proxyProtocol === "off" || !isAtSessionsPort(subject)) return undefined;
  if (proxyProtocol === "v1") return encodeProxyHeader("v1", localAddr, remoteAddr);
  return encodeLocalHeader(proxyProtocol);
}

function describeLateness({ listener }: ProbeSubject, wire: Wire | undefined): string {
  const timeout = formatDuration(listener.healthTimeoutMs);
  if (wire === undefined) return `no answer within ${timeout}`;
  return wire.receivedBytes === 0
    ? `connected, but no answer within ${timeout}`
    : `answered, but not what was expected within ${timeout}`;
}

/** The error's own words, the way they read in the middle of a sentence. */
function describeError(error: unknown): string {
  return messageOf(error).replace(/ \(os error \d+\)$/, "")
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
