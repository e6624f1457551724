import { findProgram } from "../find_program.ts";
import type { Endpoint } from "../traffic/wire.ts";
import type { Contestant, Plan, Proxy } from "./contestant.ts";
import { freePorts } from "./free_ports.ts";
import { launch } from "./launch.ts";
import { programOutput } from "./program_output.ts";

const MODULE_FILE = "ngx_stream_module.so";
const MODULE_FOLDERS = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/etc/nginx/modules"];

/** nginx's stream module, one process per worker, each with its own listening socket. */
export const nginx: Contestant = {
  name: "nginx",
  isWeir: false,
  async missing(): Promise<string | null> {
    if (findProgram("nginx") === null) return "not on the PATH";
    if (await loadModule() === null) {
      return `its ${MODULE_FILE} is in none of ${MODULE_FOLDERS.join(", ")}`;
    }
    return null;
  },
  async version(): Promise<string> {
    const { text } = await programOutput(program(), ["-v"]);
    return /nginx\/(\S+)/.exec(text)?.[1] ?? "";
  },
  async start(plan: Plan): Promise<Proxy> {
    const file = `${plan.folder}/nginx.conf`;
    const endpoints = freePorts(plan.listeners.length);
    await Deno.writeTextFile(file, await loadModule() + configuration(plan, endpoints));
    return await launch(plan, {
      program: program(),
      args: ["-p", plan.folder, "-e", "stderr", "-c", file],
      endpoints,
    });
  },
};

function program(): string {
  return findProgram("nginx") ?? "nginx";
}

/** The line that loads the module; empty if it is built in, null if there is none. */
async function loadModule(): Promise<string | null> {
  for (const folder of MODULE_FOLDERS) {
    try {
      await Deno.stat(`${folder}/${MODULE_FILE}`);
      return `load_module ${folder}/${MODULE_FILE};\n`;
    } catch {
      continue;
    }
  }
  const { text } = await programOutput(program(), ["-V"]);
  return /--with-stream(\s|$)/m.test(text) ? "" : null;
}

function configuration(plan: Plan, endpoints: readonly Endpoint[]): string {
  const lines = [
    "daemon off;",
    `pid ${plan.folder}/nginx.pid;`,
    `worker_processes ${plan.workers};`,
    "error_log stderr error;",
    // A session takes two of them, and one worker may get them all.
    `events { worker_connections ${2 * plan.maxSessions + 100}; }`,
    "stream {",
    "  access_log off;",
    "  proxy_connect_timeout 5s;",
    "  proxy_timeout 10m;",
  ];
  plan.listeners.forEach(({ backends }, index) => {
    const { hostname, port } = endpoints[index] as Endpoint;
    lines.push(`  upstream pool${index} {`);
    for (const backend of backends) {
      lines.push(`    server ${backend.hostname}:${backend.port} max_fails=0;`);
    }
    const reuse = plan.workers > 1 ? " reuseport" : "";
    lines.push("  }", `  server {`);
    lines.push(`    listen ${hostname}:${port}${reuse};`, `    proxy_pass pool${index};`, "  }");
  });
  lines.push("}");
  return lines.join("\n") + "\n";
}
