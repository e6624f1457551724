import type { BackendSettings } from "../../config/settings.ts";

/** Error codes that say that this machine, and not the backend, is at fault. */
const LOCAL_CODES: ReadonlySet<string> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "EADDRNOTAVAIL",
]);

/**
 * Connects to a backend: to its addresses in turn, until one answers.
 *
 * Throws what the last attempt failed with, or the reason of `signal` once that is aborted.
 */
export async function dial(backend: BackendSettings, signal: AbortSignal): Promise<Deno.TcpConn> {
  const { hostname, port } = backend.address;
  const { candidates } = backend;
  if (candidates.length <= 1) {
    return await Deno.connect({ hostname: candidates[0] ?? hostname, port, signal });
  }
  let lastError: unknown;
  for (const candidate of candidates) {
    try {
      return await Deno.connect({ hostname: candidate, port, signal });
    } catch (error) {
      if (signal.aborted || isLocalFault(error)) throw error;
      lastError = error;
    }
  }
  throw lastError;
}

/** Tells whether this machine has run out of something, so that another backend is no way out. */
export function isLocalFault(error: unknown): boolean {
  return error instanceof Error && "code" in error && LOCAL_CODES.has(String(error.code));
}
