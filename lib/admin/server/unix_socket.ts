/**
 * Removes a stale socket file that a process left behind when it was killed. Throws
 * `Deno.errors.AddrInUse` if a process still listens there, or if the file is not a socket.
 */
export async function clearSocketPath(path: string): Promise<void> {
  let found: Deno.FileInfo;
  try {
    found = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (found.isSocket !== true) {
    throw new Deno.errors.AddrInUse(`"${path}" exists and is not a socket`);
  }
  try {
    const connection = await Deno.connect({ transport: "unix", path });
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    await Deno.remove(path);
    return;
  }
  throw new Deno.errors.AddrInUse(`Another process listens on "${path}"`);
}
