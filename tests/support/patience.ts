/** How long a test waits for anything before it counts as hanging. */
export const PATIENCE_MS = 20_000;
const POLL_MS = 5;

/** Resolves as the promise does, and rejects if that takes too long. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`Waited ${patienceMs} ms in vain for ${what}`)),
    patienceMs,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a condition that no event reports, such as a figure in shared memory. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  while (!await condition()) {
    if (performance.now() > deadlineMs) {
      throw new Error(`Waited ${patienceMs} ms in vain until ${what}`);
    }
    await pause(POLL_MS);
  }
}

/** Waits until a figure has stopped growing: the same at `turns` checks 50 ms apart. */
export async function standstill(figure: () => number, turns = 6): Promise<number> {
  let last = figure();
  for (let same = 0; same < turns;) {
    await pause(50);
    const now = figure();
    same = now === last ? same + 1 : 0;
    last = now;
  }
  return last;
}

/** Lets time pass, where time itself is what a test is about. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
