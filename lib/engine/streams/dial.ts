import { connectTcp } from "../../base/connect_tcp.ts";
import { isLocalFault } from "../../base/local_fault.ts";
import type { BackendSettings } from "../../config/settings.ts";

/**
 * Connects to a backend: to its addresses in turn, until one answers.
 *
 * Throws the error of an attempt, or the reason of `signal` once that is aborted. Of several
 * errors, one that is not this machine's own takes precedence: a host may have no IPv6.
 */
export async function dial(backend: BackendSettings, signal: AbortSignal): Promise<Deno.TcpConn> {
  const { hostname, port } = backend.address;
  const { candidates } = backend;
  if (candidates.length <= 1) {
    return await connectTcp({ hostname: candidates[0] ?? hostname, port, signal });
  }
  let failure: unknown;
  for (const candidate of candidates) {
    try {
      return await connectTcp({ hostname: candidate, port, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      if (failure === undefined || isLocalFault(failure)) failure = error;
    }
  }
  throw failure;
}
