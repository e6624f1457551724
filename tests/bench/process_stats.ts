/** The kernel counts `/proc/PID/stat` in hundredths of a second, whatever its own tick is. */
const TICK_NS = 10_000_000;

/**
 * How far the two clocks may differ before the finer one is not trusted: a thread that ended took
 * its own count with it.
 */
const TOLERANCE_NS = 5 * TICK_NS;

/** Processor time of some processes at one moment, from both of the kernel's accounts. */
export interface ProcessorTime {
  /** Nanoseconds by thread; a thread that has ended is missing. */
  readonly taskNs: number;
  /** Nanoseconds by process, in steps of 10 ms; threads that have ended are included. */
  readonly tickNs: number;
}

/** Lists the process and all its descendants, from `/proc`. */
export function processTree(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of Deno.readDirSync("/proc")) {
    const candidate = Number(entry.name);
    if (!Number.isInteger(candidate)) continue;
    const parent = statField(`/proc/${candidate}/stat`, 1);
    if (parent !== null) parents.set(candidate, parent);
  }
  const tree = [pid];
  for (let index = 0; index < tree.length; index += 1) {
    for (const [child, parent] of parents) if (parent === tree[index]) tree.push(child);
  }
  return tree;
}

/** Reads the processor time, user and system, that the processes have taken so far. */
export function processorTime(pids: readonly number[]): ProcessorTime {
  let taskNs = 0;
  let tickNs = 0;
  for (const pid of pids) {
    const user = statField(`/proc/${pid}/stat`, 11) ?? 0;
    const system = statField(`/proc/${pid}/stat`, 12) ?? 0;
    tickNs += (user + system) * TICK_NS;
    for (const task of tasks(pid)) {
      const text = readText(`/proc/${pid}/task/${task}/schedstat`);
      taskNs += Number(text?.split(" ")[0] ?? "0");
    }
  }
  return { taskNs, tickNs };
}

/** Returns the nanoseconds between two readings, from the finer account if that can be right. */
export function processorTimeBetween(before: ProcessorTime, after: ProcessorTime): number {
  const fine = after.taskNs - before.taskNs;
  const coarse = after.tickNs - before.tickNs;
  return Math.abs(coarse - fine) > TOLERANCE_NS + coarse * 0.05 ? coarse : fine;
}

/**
 * Reads the memory of the processes in KiB: their private memory, and their share of what several
 * processes map (Pss).
 */
export function memoryKib(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) {
    const text = readText(`/proc/${pid}/smaps_rollup`) ?? "";
    sum += Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? "0");
  }
  return sum;
}

function tasks(pid: number): string[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/task`)].map((entry) => entry.name);
  } catch {
    return [];
  }
}

/**
 * A field of a stat file, counted from the one after the program's name, which may contain spaces.
 */
function statField(path: string, index: number): number | null {
  const text = readText(path);
  if (text === null) return null;
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[index]);
}

function readText(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}
