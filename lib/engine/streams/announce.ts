import type { PoolSettings } from "../../config/settings.ts";
import { encodeProxyHeader } from "../../protocol/proxy_header.ts";

/**
 * Writes the PROXY header to a backend. Returns whether the connection took it.
 *
 * @param client the client's connection, both of whose addresses the header contains
 */
export async function announce(
  version: Exclude<PoolSettings["proxyProtocol"], "off">,
  client: Deno.TcpConn,
  backend: Deno.TcpConn,
): Promise<boolean> {
  const header = encodeProxyHeader(version, client.remoteAddr, client.localAddr);
  try {
    // The send buffer of a new connection takes a header, 107 bytes at most, at once.
    return await backend.write(header) === header.length;
  } catch {
    // The close reason says so.
    return false;
  }
}
