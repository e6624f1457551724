import ipaddr from "ipaddr.js";

/** `::ffff:0:0/96`, the prefix with which IPv6 sockets report IPv4 clients. */
const MAPPED_PREFIX = 0xffffn;

/** Above the 128 bits of an IPv6 address, so that `::1` and `0.0.0.1` have different keys. */
const IPV6_MARK = 1n << 128n;

/**
 * An IP address as a number: below 2^32 for IPv4, 2^128 or more for IPv6, so two keys are equal
 * only if the addresses are. An IPv4-mapped IPv6 address has the key of its IPv4 address, and a
 * zone (`%eth0`) is ignored.
 *
 * @throws {TypeError} if the text is not an IP address
 */
export function addressKeyOfText(hostname: string): bigint {
  const ipv4 = readIpv4(hostname);
  if (ipv4 >= 0) return BigInt(ipv4);
  const zone = hostname.indexOf("%");
  const text = zone < 0 ? hostname : hostname.slice(0, zone);
  if (!ipaddr.isValid(text)) {
    throw new TypeError(`Cannot make a key: "${hostname}" is not an address`);
  }
  return addressKeyOfBytes(Uint8Array.from(ipaddr.parse(text).toByteArray()));
}

/**
 * The same as {@linkcode addressKeyOfText}, for an address in network byte order.
 *
 * @param bytes 4 bytes for IPv4, 16 for IPv6
 * @throws {RangeError} for any other length
 */
export function addressKeyOfBytes(bytes: Uint8Array): bigint {
  const { length } = bytes;
  if (length !== 4 && length !== 16) {
    throw new RangeError(`Cannot make a key of "${length}" bytes: an address has 4 bytes or 16`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const last = BigInt(view.getUint32(length - 4));
  if (length === 4) return last;
  const upper = view.getBigUint64(0);
  const third = BigInt(view.getUint32(8));
  if (upper === 0n && third === MAPPED_PREFIX) return last;
  return IPV6_MARK | upper << 64n | third << 32n | last;
}

/** The address as an unsigned 32-bit integer, or -1 if the text is not four decimal numbers. */
function readIpv4(text: string): number {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return -1;
  let address = 0;
  for (let at = 1; at <= 4; at++) {
    const part = Number(match[at]);
    if (part > 255) return -1;
    address = address * 256 + part;
  }
  return address;
}
