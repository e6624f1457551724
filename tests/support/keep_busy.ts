/** Blocks its thread for `ms` milliseconds. */
export function keepBusy(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}
