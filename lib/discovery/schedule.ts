/** Runs something once, later; gives how to call it off. */
export type Schedule = (run: () => void, delayMs: number) => () => void;

/** By the timers of the runtime. */
export function scheduleByTimer(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}
