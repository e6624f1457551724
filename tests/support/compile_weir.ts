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

/**
 * Where `deno compile` gets its base program from without the network: `DENORT_BIN`, or the cache
 * that an earlier compilation has filled. Returns what is missing, or `undefined` if it can
 * compile.
 */
export function missingForCompile(): string | undefined {
  const granted = (["read", "env", "run", "write", "net"] as const)
    .filter((name) => Deno.permissions.querySync({ name }).state !== "granted");
  if (granted.length > 0) return granted.map((name) => `--allow-${name}`).join(" ");
  const given = Deno.env.get("DENORT_BIN");
  if (given !== undefined) return exists(given) ? undefined : `the file ${given} (DENORT_BIN)`;
  const name = `denort-${Deno.build.target}.zip`;
  const cached = `${denoFolder()}/dl/release/v${Deno.version.deno}/${name}`;
  return exists(cached) ? undefined : `denort, by DENORT_BIN or as ${cached}`;
}

function denoFolder(): string {
  const home = Deno.env.get("HOME") ?? "";
  return Deno.env.get("DENO_DIR") ?? `${Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`}/deno`;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
