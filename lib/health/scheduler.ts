/** The time and the timers that health goes by; another one makes tests independent of both. */
export interface Scheduler {
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: () => number;
  /** Runs `task` once after so many milliseconds. What it gives calls that off. */
  readonly after: (ms: number, task: () => void) => () => void;
}

/** The real one. */
export const SYSTEM_SCHEDULER: Scheduler = {
  nowMs: () => performance.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
