/** The clock and the timers of the main thread; tests substitute their own. */
export interface Scheduler {
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: () => number;
  /** Runs `task` once after `ms` milliseconds. Returns a function that cancels it. */
  readonly after: (ms: number, task: () => void) => () => void;
}

/** The system's clock and timers. */
export const SYSTEM_SCHEDULER: Scheduler = {
  nowMs: () => performance.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
