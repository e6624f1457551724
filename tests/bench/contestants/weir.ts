import project from "../../../deno.json" with { type: "json" };
import type { EngineName } from "../../../lib/config/settings.ts";
import type { Endpoint } from "../traffic/wire.ts";
import type { Contestant, ContestantName, Plan, Proxy } from "./contestant.ts";
import { freePorts } from "./free_ports.ts";
import { launch } from "./launch.ts";
import { programOutput } from "./program_output.ts";

const BUFFER_SIZE = "16k";

/**
 * Weir with one of its engines.
 *
 * @param checkout the folder of the checkout that it is run from
 */
export function weir(name: ContestantName, engine: EngineName, checkout: URL): Contestant {
  const entry = new URL("main.ts", checkout);
  const command = (...args: readonly string[]) => commandOf(entry, args);
  return {
    name,
    isWeir: true,
    missing: () => missing(engine, entry),
    async version(): Promise<string> {
      const { text } = await programOutput(Deno.execPath(), command("--version"));
      return /\d+\.\d+\.\d+\S*/.exec(text)?.[0] ?? "";
    },
    async start(plan: Plan): Promise<Proxy> {
      const file = `${plan.folder}/weir.cfg`;
      const endpoints = freePorts(plan.listeners.length);
      await Deno.writeTextFile(file, configuration(engine, plan, endpoints));
      return await launch(plan, {
        program: Deno.execPath(),
        args: command("start", file),
        endpoints,
      });
    },
  };
}

/** Runs main.ts as `deno task start` does, so that it measures what users get. */
function commandOf(entry: URL, args: readonly string[]): string[] {
  const words = project.tasks.start.command.split(" ");
  const flags = words.slice(words.indexOf("run") + 1, words.indexOf("main.ts"));
  return ["run", "--quiet", ...flags, entry.pathname, ...args];
}

/** Asks `check`, so that an engine takes part as soon as it is available. */
async function missing(engine: EngineName, entry: URL): Promise<string | null> {
  try {
    await Deno.stat(entry);
  } catch {
    return `${entry.pathname} does not exist`;
  }
  const file = await Deno.makeTempFile({ suffix: ".cfg" });
  try {
    const text = `[options]\nengine = ${engine}\n[mappings]\n127.0.0.1:24003 = 127.0.0.1:8080\n`;
    await Deno.writeTextFile(file, text);
    const { success, text: said } = await programOutput(
      Deno.execPath(),
      commandOf(entry, ["check", file]),
    );
    if (success) return null;
    return (said.split("\n")[0] ?? "").replace(`${file}:`, "").replace(/^[\d:]+ error: /, "");
  } finally {
    await Deno.remove(file);
  }
}

function configuration(
  engine: EngineName,
  plan: Plan,
  endpoints: readonly Endpoint[],
): string {
  const lines = [
    "[options]",
    `workers = ${plan.workers}`,
    `engine = ${engine}`,
    `buffer_size = ${BUFFER_SIZE}`,
    "algorithm = round_robin",
    "log_level = warning",
    "drain_timeout = 0",
    "[mappings]",
  ];
  const options: string[] = [];
  plan.listeners.forEach(({ algorithm, backends }, index) => {
    const { hostname, port } = endpoints[index] as Endpoint;
    const key = `${hostname}:${port}`;
    const right = backends.map((backend) => `${backend.hostname}:${backend.port}:1`);
    lines.push(`${key} = ${right.join(",\n  ")}`);
    if (algorithm !== undefined) options.push(`[options ${key}]`, `algorithm = ${algorithm}`);
  });
  return [...lines, ...options].join("\n") + "\n";
}
