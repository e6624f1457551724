import type { ProbeResult, ProbeSubject } from "./probe.ts";
import { runProbe } from "./_run_probe.ts";

/** Passes when the backend accepts a connection. */
export function tcpProbe(subject: ProbeSubject, signal: AbortSignal): Promise<ProbeResult> {
  return runProbe(subject, signal, () => Promise.resolve(undefined));
}
