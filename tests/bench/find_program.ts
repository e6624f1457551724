const FURTHER_FOLDERS = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

/** Finds a program on the PATH, or where Debian keeps servers; null if there is none. */
export function findProgram(name: string): string | null {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), ...FURTHER_FOLDERS];
  for (const folder of folders) {
    const path = `${folder}/${name}`;
    try {
      if (folder !== "" && Deno.statSync(path).isFile) return path;
    } catch {
      continue;
    }
  }
  return null;
}
