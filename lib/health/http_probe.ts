import { formatAddress } from "../base/address.ts";
import { probedPort, type ProbeResult, type ProbeSubject } from "./probe.ts";
import { runProbe } from "./_run_probe.ts";
import type { Wire } from "./_wire.ts";

/** HTTP does not bound a status line; a longer one is not accepted as an answer. */
const LONGEST_LINE_BYTES = 4096;
const START = "HTTP/1.";

/**
 * Passes when a GET request is answered with the status that `health_check` names, or with any of
 * 200 to 399 where it names none. Only the status line is read: the rest adds nothing.
 */
export function httpProbe(subject: ProbeSubject, signal: AbortSignal): Promise<ProbeResult> {
  const { healthCheck } = subject.listener;
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
  while (text.length <= LONGEST_LINE_BYTES) {
    const received = await wire.receive();
    if (received === undefined) {
      return { problem: "the connection was closed before the status line was complete" };
    }
    text += received;
    const end = text.indexOf("\n");
    if (end >= 0) return text.slice(0, end).replace(/\r$/, "");
    if (!START.startsWith(text.slice(0, START.length))) break;
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
