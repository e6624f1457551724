import type { WorkerHandle } from "./worker_handle.ts";

/** A worker that does not answer so long after its deadline is given up. */
export const DRAIN_GRACE_MS = 2_000;

/**
 * Drains one worker, and gives how many sessions had to be closed. One that dies or does not answer
 * has no sessions left to wait for.
 */
export async function drainWorker(
  worker: WorkerHandle,
  timeoutMs: number,
  spreadMs: number,
): Promise<number> {
  const patienceMs = timeoutMs + spreadMs + DRAIN_GRACE_MS;
  const timer = setTimeout(() => worker.terminate(), patienceMs);
  try {
    return await worker.drain(timeoutMs, spreadMs);
  } catch {
    return 0;
  } finally {
    clearTimeout(timer);
  }
}
