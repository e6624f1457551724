/** Long work in short steps; the caller can do other work between two of them. */
export type Steps<T> = Generator<void, T, void>;

/** How long a thread is kept busy before other tasks get a turn; an answer takes several turns. */
const SLICE_MS = 2;

/** Runs every step without a pause. */
export function runAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Runs every step, and every 2 ms lets everything else that waits for this thread run first. */
export async function runInSlices<T>(steps: Steps<T>): Promise<T> {
  return await startInSlices(steps);
}

/** The same; what is done within the first 2 ms is returned at once. */
export function startInSlices<T>(steps: Steps<T>): T | Promise<T> {
  const step = takeSlice(steps);
  return step.done === true ? step.value : finishInSlices(steps);
}

async function finishInSlices<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    // Not an immediate: Deno runs up to 30 of them before it polls its sockets.
    await new Promise((resolve) => setTimeout(resolve));
    const step = takeSlice(steps);
    if (step.done === true) return step.value;
  }
}

/** Takes steps until the slice is over, and returns the last one taken. */
function takeSlice<T>(steps: Steps<T>): IteratorResult<void, T> {
  const untilMs = performance.now() + SLICE_MS;
  for (;;) {
    const step = steps.next();
    if (step.done === true || performance.now() >= untilMs) return step;
  }
}
