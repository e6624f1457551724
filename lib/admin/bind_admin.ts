import type { BoundAddress } from "../config/admin_address.ts";
import { clearSocketPath } from "./unix_socket.ts";

/** With these bits taken away, a socket is its owner's alone from the moment it is there. */
const OWNER_ONLY = 0o177;

/** A bound address, with the port that it has got. */
export interface Bound {
  readonly socket: Deno.Listener;
  readonly address: BoundAddress;
}

/** Binds the address of the admin API. Rejects with what stands against it. */
export async function bindAdmin(address: BoundAddress): Promise<Bound> {
  if (address.kind === "unix") {
    await clearSocketPath(address.path);
    return { socket: listenPrivately(address.path), address };
  }
  const { hostname, port } = address.address;
  const socket = Deno.listen({ hostname, port });
  return { socket, address: { kind: "tcp", address: { hostname, port: socket.addr.port } } };
}

/** Whoever may write to the socket may steer Weir, and a mode that is set later is set too late. */
function listenPrivately(path: string): Deno.Listener {
  if (Deno.build.os === "windows") return Deno.listen({ transport: "unix", path });
  const before = Deno.umask(OWNER_ONLY);
  try {
    return Deno.listen({ transport: "unix", path });
  } finally {
    Deno.umask(before);
  }
}
