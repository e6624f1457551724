import type { WorkerHandle } from "./worker_handle.ts";

/** A worker that has not answered this long after its deadline is given up on. */
export const DRAIN_GRACE_MS = 2_000;

/**
 * Drains one worker and returns how many sessions had to be closed. A worker that dies or does not
 * answer has no sessions left to wait for.
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
