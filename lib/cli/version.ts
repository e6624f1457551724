import project from "../../deno.json" with { type: "json" };

/** The version of Weir, from deno.json. */
export const VERSION: string = project.version;

/** What `--version` prints: the version of Weir, and of the runtime. */
export function formatVersion(): string {
  return `weir ${VERSION} (deno ${Deno.version.deno}, ${Deno.build.target})\n`;
}
