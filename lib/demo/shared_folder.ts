/** A file that may be served. */
export interface SharedFile {
  /** Its real path, with symbolic links resolved. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

/** Why a path yields no file: it is malformed, or there is no file that may be served. */
export type Refusal = "malformed" | "not found";

/** The maximum number of entries in a listing. */
const MAX_LISTED = 500;

/**
 * The folder whose files the demo backends serve.
 *
 * Nothing outside of it is served, and nothing hidden: neither through `..` in any encoding nor
 * through a symbolic link.
 */
export class SharedFolder {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Opens the folder. Throws what `Deno.realPath` throws if it does not exist. */
  static async open(path: string | URL): Promise<SharedFolder> {
    return new SharedFolder(await Deno.realPath(path));
  }

  /** Finds the file for a request target; the query is ignored. */
  async find(target: string): Promise<SharedFile | Refusal> {
    const segments = pathSegments(target);
    if (segments === undefined) return "malformed";
    if (segments.length === 0 || segments.some(isHidden)) return "not found";
    try {
      const path = await Deno.realPath(`${this.#root}/${segments.join("/")}`);
      if (!this.#contains(path)) return "not found";
      const { isFile, size } = await Deno.stat(path);
      return isFile ? { path, size } : "not found";
    } catch (error) {
      if (isAbsence(error)) return "not found";
      throw error;
    }
  }

  /** Lists the available paths, sorted, at most 500. */
  async list(): Promise<string[]> {
    const found: string[] = [];
    const folders = [""];
    for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
      for (const entry of await readFolder(this.#root + folder)) {
        if (isHidden(entry.name) || entry.name === "node_modules") continue;
        const path = `${folder}/${entry.name}`;
        if (entry.isDirectory) folders.push(path);
        else if (entry.isFile) found.push(path);
      }
      if (found.length >= MAX_LISTED) break;
    }
    return found.slice(0, MAX_LISTED).sort();
  }

  #contains(path: string): boolean {
    const separator = Deno.build.os === "windows" ? "\\" : "/";
    const prefix = this.#root.endsWith(separator) ? this.#root : this.#root + separator;
    if (!path.startsWith(prefix)) return false;
    return !path.slice(prefix.length).split(separator).some(isHidden);
  }
}

function pathSegments(target: string): string[] | undefined {
  let path: string;
  try {
    path = decodeURIComponent(target.replace(/[?#].*$/s, ""));
  } catch {
    return undefined;
  }
  // deno-lint-ignore no-control-regex
  if (!path.startsWith("/") || /[\x00-\x1f\\]/.test(path)) return undefined;
  return path.split("/").filter((segment) => segment !== "");
}

// A leading dot covers hidden files, "." and ".."; a colon is a drive or a stream on Windows.
function isHidden(segment: string): boolean {
  return segment.startsWith(".") || segment.includes(":");
}

function isAbsence(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.FilesystemLoop || error instanceof Deno.errors.InvalidData ||
    (error instanceof Error && "code" in error && error.code === "ENAMETOOLONG");
}

async function readFolder(path: string): Promise<Deno.DirEntry[]> {
  const entries = await Array.fromAsync(Deno.readDir(path));
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
