import { formatAddress } from "../base/address.ts";
import { escapedText } from "../config/escaped_text.ts";
import { quote } from "../config/quote.ts";
import { SECRET } from "../config/secret.ts";
import type { HealthCheck } from "../config/settings.ts";
import { runProbe, type Wire } from "./_run_probe.ts";
import { type Probe, probedPort, type ProbeResult, type ProbeSubject } from "./probe.ts";

/** HTTP does not bound a status line; a longer one is not accepted as an answer. */
const LONGEST_STATUS_LINE_BYTES = 4096;
const HTTP_START = "HTTP/1.";

/** The expected text has to come within this many bytes. */
const MOST_ANSWER_BYTES = 64 * 1024;

/** Shorter words of `health_send` are not masked: they may occur in any answer. */
const SHORTEST_SECRET = 3;

/** A probe for each kind of health check. */
export type Probes = Readonly<Record<Exclude<HealthCheck["kind"], "off">, Probe>>;

/** All probes. */
export const PROBES: Probes = {
  tcp: tcpProbe,
  http: httpProbe,
  send_expect: sendExpectProbe,
};

/** Passes when the backend accepts a connection. */
function tcpProbe(subject: ProbeSubject, signal: AbortSignal): Promise<ProbeResult> {
  return runProbe(subject, signal, () => Promise.resolve(undefined));
}

/**
 * Passes when a GET request is answered with the status that `health_check` names, or with any of
 * 200 to 399 where it names none. Only the status line is read: the rest adds nothing.
 */
function httpProbe(subject: ProbeSubject, signal: AbortSignal): Promise<ProbeResult> {
  const { healthCheck } = subject.pool;
  const { path, status } = healthCheck.kind === "http" ? healthCheck : { path: "/", status: 0 };
  const { hostname } = subject.backend.address;
  const request = `GET ${path} HTTP/1.1\r\n` +
    `Host: ${formatAddress({ hostname, port: probedPort(subject) })}\r\n` +
    "User-Agent: weir-health-check\r\nAccept: */*\r\nConnection: close\r\n\r\n";
  return runProbe(subject, signal, async (wire) => {
    await wire.sendBytesOf(request);
    const line = await readLine(wire);
    return typeof line === "string" ? judge(line, status) : line.problem;
  });
}

async function readLine(wire: Wire): Promise<string | { readonly problem: string }> {
  let text = "";
  while (text.length <= LONGEST_STATUS_LINE_BYTES) {
    const received = await wire.receive();
    if (received === undefined) {
      return { problem: "the connection was closed before the status line was complete" };
    }
    text += received;
    const end = text.indexOf("\n");
    if (end >= 0) return text.slice(0, end).replace(/\r$/, "");
    if (!HTTP_START.startsWith(text.slice(0, HTTP_START.length))) break;
  }
  return { problem: "answered with something that is not HTTP/1" };
}

function judge(line: string, expected: number): string | undefined {
  const [, digits] = /^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(line) ?? [];
  if (digits === undefined) return "answered with something that is not HTTP/1";
  const status = Number(digits);
  if (expected === 0) {
    return status >= 200 && status <= 399 ? undefined : `answered ${status}, expected 200 to 399`;
  }
  return status === expected ? undefined : `answered ${status}, expected ${expected}`;
}

/**
 * Sends `health_send`, unless it is empty, and passes once `health_expect` has come, in whatever
 * pieces and after whatever else. An empty `health_expect` waits for nothing.
 */
function sendExpectProbe(subject: ProbeSubject, signal: AbortSignal): Promise<ProbeResult> {
  const { healthSend, healthExpect } = subject.pool;
  return runProbe(subject, signal, async (wire) => {
    if (healthSend !== "") await wire.sendBytesOf(healthSend);
    return await awaitText(wire, healthExpect, wordsOf(healthSend));
  });
}

/** @param secrets what must not be shown, even if the backend echoes it */
async function awaitText(
  wire: Wire,
  expected: string,
  secrets: readonly string[],
): Promise<string | undefined> {
  let beginning = "";
  // The end of what has come, as far as it can be part of the expected text.
  let recent = "";
  while (!recent.includes(expected)) {
    if (wire.receivedBytes >= MOST_ANSWER_BYTES) {
      return `sent ${MOST_ANSWER_BYTES} bytes without ${shown(expected)}`;
    }
    const received = await wire.receive();
    if (received === undefined) {
      return beginning === ""
        ? "the connection was closed without an answer"
        : `answered ${shown(conceal(beginning, secrets))}, expected ${shown(expected)}`;
    }
    if (beginning === "") beginning = received;
    recent = recent.slice(Math.max(0, recent.length - expected.length + 1)) + received;
  }
  return undefined;
}

/** The parts of a text that could be a name or a password. */
function wordsOf(text: string): string[] {
  return text.split(/[^!-~]+/).filter((word) => word.length >= SHORTEST_SECRET);
}

function conceal(answer: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, SECRET), answer);
}

/** Bytes from the wire, as they would be written in the configuration. */
function shown(bytes: string): string {
  return quote(escapedText().format(bytes));
}
