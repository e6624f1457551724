/** What a compiled binary contains: the graph of main.ts, and what compile.include adds to it. */
import { assert, assertEquals } from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { DASHBOARD_ASSETS } from "../../lib/admin/dashboard/assets.ts";
import { COMMANDS } from "../../lib/cli/command_table.ts";
import { permittedTest } from "../support/permitted.ts";

const PROJECT = new URL("../../", import.meta.url);

/** The modules that the compiler sees, as paths in the project or names of packages' files. */
async function readGraph(): Promise<ReadonlySet<string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "main.ts"],
    cwd: PROJECT,
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    readonly modules: readonly { readonly specifier: string }[];
  };
  return new Set(modules.map(({ specifier }) => specifier.replace(PROJECT.href, "")));
}

function isIncluded(path: string): boolean {
  return project.compile.include.some((folder) => `./${path}`.startsWith(folder));
}

permittedTest(
  ["read", "run", "env"],
  "a binary contains the dashboard and every command",
  async () => {
    const graph = await readGraph();
    const page = [...Deno.readDirSync(new URL("lib/admin/dashboard/page/", PROJECT))]
      .map(({ name }) => `lib/admin/dashboard/page/${name}`);
    const commands = COMMANDS.map(({ name }) => `lib/cli/commands/${name}.ts`);
    const needed = [...page, ...commands];
    assertEquals(needed.filter((path) => !graph.has(path) && !isIncluded(path)), []);
    assert([...graph].some((name) => /^npm:.*\buPlot\.iife\.min\.js$/.test(name)));
    assert(DASHBOARD_ASSETS.length >= page.length);
  },
);
