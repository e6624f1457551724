import type { Address } from "./address.ts";

/**
 * Connects to an IP address and port. Throws what `Deno.connect` throws, and
 * `Deno.errors.ConnectionRefused` if nothing listens there and the connection was made to itself.
 */
export async function connectTcp(
  address: Address & { readonly signal: AbortSignal },
): Promise<Deno.TcpConn> {
  const { hostname, port, signal } = address;
  const conn = await Deno.connect({ hostname, port, signal });
  if (!isSelfConnection(conn.localAddr, conn.remoteAddr)) return conn;
  conn.close();
  throw new Deno.errors.ConnectionRefused(
    "Nothing listens there, and the socket was connected to itself",
  );
}

/**
 * Whether a connection was made to itself. The system may assign to an outgoing connection the very
 * port that it connects to, if that port is free; TCP then connects the socket to itself
 * (simultaneous open), and whatever is sent comes back.
 */
export function isSelfConnection(local: Address, remote: Address): boolean {
  return local.port === remote.port && local.hostname === remote.hostname;
}
