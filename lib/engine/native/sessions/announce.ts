import type { Address } from "../../../base/address.ts";
import type { PoolSettings } from "../../../config/settings.ts";
import { encodeProxyHeader } from "../../../protocol/proxy_header.ts";
import { MSG_NOSIGNAL } from "../libc/constants.ts";
import type { Libc } from "../libc/libc.ts";
import { SockaddrBuffer } from "../libc/sockaddr.ts";

/**
 * The result of an announcement: `broken` if the connection is, `failed` if this machine is at
 * fault.
 */
export type Announced = "announced" | "broken" | "failed";

/**
 * Writes the PROXY header to a backend.
 *
 * @param client the client's connection, both of whose addresses the header contains
 */
export function announce(
  libc: Libc,
  version: Exclude<PoolSettings["proxyProtocol"], "off">,
  client: number,
  clientName: Address,
  backend: number,
): Announced {
  const local = new SockaddrBuffer().prepare();
  if (libc.getsockname(client, local.bytes, local.length) < 0) return "failed";
  const header = Uint8Array.from(encodeProxyHeader(version, clientName, local.read()));
  // The send buffer of a new connection takes a header, 107 bytes at most, at once.
  const sent = libc.send(backend, header, header.length, MSG_NOSIGNAL);
  return sent === header.length ? "announced" : "broken";
}
