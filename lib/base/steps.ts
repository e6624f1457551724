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
  for (;;) {
    const untilMs = performance.now() + SLICE_MS;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (performance.now() < untilMs);
    await new Promise((resolve) => setTimeout(resolve));
  }
}
