/**
 * Removes the socket file that a process has left behind that did not end by itself. Throws
 * `Deno.errors.AddrInUse` where a process still listens there, or where the file is no socket.
 */
export async function clearSocketPath(path: string): Promise<void> {
  let found: Deno.FileInfo;
  try {
    found = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (found.isSocket !== true) throw new Deno.errors.AddrInUse(`"${path}" is there, and no socket`);
  try {
    const connection = await Deno.connect({ transport: "unix", path });
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    await Deno.remove(path);
    return;
  }
  throw new Deno.errors.AddrInUse(`Another process listens at "${path}"`);
}
