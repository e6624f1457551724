import type { Contestant } from "../contestants/contestant.ts";

/** Where the figures come from. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  /** Versions by program. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Looks at the machine and asks the programs for their versions. */
export async function readMachine(contestants: readonly Contestant[]): Promise<Machine> {
  const versions: Record<string, string> = { deno: Deno.version.deno };
  for (const contestant of contestants) {
    const name = contestant.isWeir ? "weir" : contestant.name;
    const version = await contestant.version();
    if (version !== "") versions[name] = version;
  }
  const cpuinfo = await Deno.readTextFile("/proc/cpuinfo");
  return {
    processor: /^model name\s*:\s*(.+)$/m.exec(cpuinfo)?.[1] ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memoryGib: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
    system: `Linux ${Deno.osRelease()}`,
    versions,
  };
}

/** Writes the machine in two lines, for the foot of a table or a plot. */
export function describeMachine(machine: Machine): [string, string] {
  const { processor, cores, memoryGib, system, versions } = machine;
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${processor}, ${cores} ${cores === 1 ? "core" : "cores"}, ${memoryGib} GiB, ${system}`,
    programs.join(", "),
  ];
}
