/** Descriptors that are left for everything but sessions. */
const SPARE = 1_000;
const MOST = 9_000;

/**
 * How many sessions one proxy can hold: each takes two of its descriptors, as many as the hard
 * limit allows; at most 9,000, which leaves room within the usual range of local ports.
 */
export function maxSessions(): number {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  const hard = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? "1024");
  return Math.max(100, Math.min(MOST, Math.floor((hard - SPARE) / 2)));
}
