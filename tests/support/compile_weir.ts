import project from "../../deno.json" with { type: "json" };

/** The result of `deno compile`. */
export interface Compilation {
  readonly success: boolean;
  /** Its output. */
  readonly said: string;
}

/**
 * Builds the binary as `deno task compile` does, but at another path.
 *
 * @param base The program that the project's files are added to. @default {Deno's own for this}
 */
export async function compileWeir(path: string, base?: string): Promise<Compilation> {
  const words = project.tasks.compile.command.split(" ").slice(1)
    .map((word) => word === "dist/weir" ? path : word);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: words,
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1", ...base === undefined ? {} : { DENORT_BIN: base } },
  }).output();
  return { success, said: new TextDecoder().decode(stderr) };
}
