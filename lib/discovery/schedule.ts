/** Runs a function once, later; returns a function that cancels it. */
export type Schedule = (run: () => void, delayMs: number) => () => void;

/** Schedules with the timers of the runtime. */
export function scheduleByTimer(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}
