import type { Address } from "./address.ts";

/**
 * Connects to an IP address and port. Throws what `Deno.connect` throws, and a
 * `Deno.errors.ConnectionRefused` where nobody listens there and the connection came back to itself.
 */
export async function connectTcp(
  address: Address & { readonly signal: AbortSignal },
): Promise<Deno.TcpConn> {
  const { hostname, port, signal } = address;
  const conn = await Deno.connect({ hostname, port, signal });
  if (!isSelfConnection(conn.localAddr, conn.remoteAddr)) return conn;
  conn.close();
  throw new Deno.errors.ConnectionRefused("Nobody listens, and the connection came back to itself");
}

/**
 * Whether a connection leads to itself. The system may give to an outgoing connection the very port
 * that it is to go to, if that is free; TCP lets it connect then, and whatever is sent comes back.
 */
export function isSelfConnection(local: Address, remote: Address): boolean {
  return local.port === remote.port && local.hostname === remote.hostname;
}
