import type { BoundAddress } from "../../config/admin_address.ts";

/** A umask with which a socket is accessible only to its owner from the moment it exists. */
const OWNER_ONLY = 0o177;

/** A bound address, with the actual port. */
export interface Bound {
  readonly socket: Deno.Listener;
  readonly address: BoundAddress;
}

/** Binds the address of the admin API. Rejects if that fails. */
export async function bindAdmin(address: BoundAddress): Promise<Bound> {
  if (address.kind === "unix") {
    await clearSocketPath(address.path);
    return { socket: listenPrivately(address.path), address };
  }
  const { hostname, port } = address.address;
  const socket = Deno.listen({ hostname, port });
  return { socket, address: { kind: "tcp", address: { hostname, port: socket.addr.port } } };
}

/**
 * Write access to the socket means control over Weir, and setting its mode after it was created
 * would be too late.
 */
function listenPrivately(path: string): Deno.Listener {
  if (Deno.build.os === "windows") return Deno.listen({ transport: "unix", path });
  const before = Deno.umask(OWNER_ONLY);
  try {
    return Deno.listen({ transport: "unix", path });
  } finally {
    Deno.umask(before);
  }
}

/**
 * Removes a stale socket file that a process left behind when it was killed. Throws
 * `Deno.errors.AddrInUse` if a process still listens there, or if the file is not a socket.
 */
async function clearSocketPath(path: string): Promise<void> {
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
