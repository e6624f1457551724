import type { BoundAddress } from "../../config/admin_address.ts";
import { clearSocketPath } from "./unix_socket.ts";

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
