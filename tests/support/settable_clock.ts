/** How far ahead of the real one the system's clock is in a process, as a file in this folder says. */
const FOLDER = "/tmp";

/** Makes `Date.now` follow a clock that {@linkcode setSystemClock} sets, in this thread. */
export function followSettableClock(): void {
  const realNow = Date.now;
  Date.now = () => realNow() + aheadMs();
}

/** Sets the clock of a process that follows it. */
export function setSystemClock(pid: number, aheadMs: number): void {
  Deno.writeTextFileSync(fileOf(pid), String(aheadMs));
}

/** Removes the setting of a process. */
export function forgetSystemClock(pid: number): void {
  try {
    Deno.removeSync(fileOf(pid));
  } catch {
    // It was never set.
  }
}

function aheadMs(): number {
  try {
    return Number(Deno.readTextFileSync(fileOf(Deno.pid)));
  } catch {
    return 0;
  }
}

function fileOf(pid: number): string {
  return `${FOLDER}/weir_clock_${pid}`;
}
