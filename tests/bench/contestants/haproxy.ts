import { findProgram } from "../find_program.ts";
import type { Endpoint } from "../traffic/wire.ts";
import type { Contestant, Plan, Proxy } from "./contestant.ts";
import { freePorts } from "./free_ports.ts";
import { launch } from "./launch.ts";
import { programOutput } from "./program_output.ts";

/** HAProxy in TCP mode, with as many threads as workers, otherwise with its defaults. */
export const haproxy: Contestant = {
  name: "haproxy",
  isWeir: false,
  missing: () => Promise.resolve(findProgram("haproxy") === null ? "not on the PATH" : null),
  async version(): Promise<string> {
    const { text } = await programOutput(program(), ["-v"]);
    return /version (\S+)/.exec(text)?.[1] ?? "";
  },
  async start(plan: Plan): Promise<Proxy> {
    const file = `${plan.folder}/haproxy.cfg`;
    const endpoints = freePorts(plan.listeners.length);
    await Deno.writeTextFile(file, configuration(plan, endpoints));
    return await launch(plan, {
      program: program(),
      args: ["-q", "-db", "-f", file],
      endpoints,
    });
  },
};

function program(): string {
  return findProgram("haproxy") ?? "haproxy";
}

function configuration(plan: Plan, endpoints: readonly Endpoint[]): string {
  const lines = [
    "global",
    `  nbthread ${plan.workers}`,
    `  maxconn ${plan.maxSessions}`,
    "defaults",
    "  mode tcp",
    `  maxconn ${plan.maxSessions}`,
    "  timeout connect 5s",
    "  timeout client 10m",
    "  timeout server 10m",
  ];
  plan.listeners.forEach(({ backends }, index) => {
    const { hostname, port } = endpoints[index] as Endpoint;
    lines.push(`listen listener${index}`, `  bind ${hostname}:${port}`, "  balance roundrobin");
    for (const [place, backend] of backends.entries()) {
      lines.push(`  server backend${place} ${backend.hostname}:${backend.port}`);
    }
  });
  return lines.join("\n") + "\n";
}
