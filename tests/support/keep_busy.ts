/** Holds its thread up for so many milliseconds. */
export function keepBusy(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}
