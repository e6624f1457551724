/** Long work in short steps: whoever runs it may see to something else between two of them. */
export type Steps<T> = Generator<void, T, void>;

/** So long a thread is kept busy before others have their turn, of which an answer takes several. */
const SLICE_MS = 2;

/** Takes every step, one right after the other. */
export function runAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Takes every step, and lets whatever else waits for this thread go first every 2 ms. */
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
