import type { Address } from "../base/address.ts";
import { formatIpBytes, ipv4Bytes, ipv6Bytes, mappedIpv4, promoteToIpv6 } from "./_ip_bytes.ts";

/** The forms of the PROXY header: `v1` is a line of text, `v2` is binary. */
export type ProxyVersion = "v1" | "v2";

/** What every v2 header begins with. */
export const V2_SIGNATURE: Uint8Array = Uint8Array.of(
  ...[0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a],
);
/** Bytes of a v2 header before the addresses: signature, version and command, family, length. */
export const V2_FIXED_LENGTH = 16;

const encoder = new TextEncoder();

/**
 * The PROXY header that tells a backend the address of its client (haproxy.org,
 * proxy-protocol.txt).
 *
 * Both addresses must be of the same family: if one is IPv4 and the other IPv6, the IPv4 address is
 * sent as `::ffff:a.b.c.d`; if both are IPv4, in either notation, the header says TCP4.
 *
 * @param source The client.
 * @param destination The address that the client connected to.
 * @throws {TypeError} if a host is not an IP address (a zone such as `%eth0` is not part of one).
 * @throws {RangeError} if a port is not between 0 and 65535.
 */
export function encodeProxyHeader(
  version: ProxyVersion,
  source: Address,
  destination: Address,
): Uint8Array {
  let from = addressBytes(source);
  let to = addressBytes(destination);
  if (from.length !== to.length) {
    if (from.length === 4) from = promoteToIpv6(from);
    else to = promoteToIpv6(to);
  }
  return version === "v1"
    ? encodeText(from, to, source.port, destination.port)
    : encodeBinary(from, to, source.port, destination.port);
}

/**
 * The PROXY header of a connection that is made for no client, such as a health check: `PROXY
 * UNKNOWN` in v1, the command LOCAL in v2. The receiver then uses the connection's own addresses.
 */
export function encodeLocalHeader(version: ProxyVersion): Uint8Array {
  if (version === "v1") return encoder.encode("PROXY UNKNOWN\r\n");
  const header = new Uint8Array(V2_FIXED_LENGTH);
  header.set(V2_SIGNATURE);
  header[12] = 0x20;
  return header;
}

/** Four bytes for IPv4, including IPv4-mapped IPv6, otherwise sixteen. */
function addressBytes(address: Address): Uint8Array {
  const { hostname, port } = address;
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError(
      `Cannot write a PROXY header for port ${port}: a port must be between 0 and 65535`,
    );
  }
  const ipv4 = ipv4Bytes(hostname);
  if (ipv4 !== undefined) return ipv4;
  const ipv6 = ipv6Bytes(hostname);
  if (ipv6 !== undefined) return mappedIpv4(ipv6) ?? ipv6;
  throw new TypeError(`Cannot write a PROXY header for "${hostname}": it is not an IP address`);
}

function encodeText(
  from: Uint8Array,
  to: Uint8Array,
  fromPort: number,
  toPort: number,
): Uint8Array {
  const family = from.length === 4 ? "TCP4" : "TCP6";
  const hosts = `${formatIpBytes(from)} ${formatIpBytes(to)}`;
  return encoder.encode(`PROXY ${family} ${hosts} ${fromPort} ${toPort}\r\n`);
}

function encodeBinary(
  from: Uint8Array,
  to: Uint8Array,
  fromPort: number,
  toPort: number,
): Uint8Array {
  const ipLength = from.length;
  const length = 2 * ipLength + 4;
  const header = new Uint8Array(V2_FIXED_LENGTH + length);
  header.set(V2_SIGNATURE);
  header[12] = 0x21;
  header[13] = ipLength === 4 ? 0x11 : 0x21;
  header[15] = length;
  header.set(from, V2_FIXED_LENGTH);
  header.set(to, V2_FIXED_LENGTH + ipLength);
  const ports = V2_FIXED_LENGTH + 2 * ipLength;
  header[ports] = fromPort >> 8;
  header[ports + 1] = fromPort & 0xff;
  header[ports + 2] = toPort >> 8;
  header[ports + 3] = toPort & 0xff;
  return header;
}
