import ipaddr from "ipaddr.js";
import { type Address, formatAddress } from "../../../base/address.ts";
import { hashAddressBytes } from "../../../base/address_hash.ts";
import { addressKeyOfBytes } from "../../../base/address_key.ts";
import { AF_INET, AF_INET6 } from "./constants.ts";

/** The length of `struct sockaddr_in` and `struct sockaddr_in6`: no address is longer. */
const SOCKADDR_IN = 16;
const SOCKADDR_IN6 = 28;
export const LONGEST_SOCKADDR = SOCKADDR_IN6;

/**
 * The C structure of an address: `sockaddr_in` (family, port, 4 bytes, 8 of padding) or
 * `sockaddr_in6` (family, port, flow, 16 bytes, scope). The family is in the machine's byte order,
 * everything else in network order.
 *
 * @throws {TypeError} if the host is not an IP address, or has a zone (`%eth0`)
 */
export function encodeSockaddr({ hostname, port }: Address): Uint8Array<ArrayBuffer> {
  if (!isEncodable(hostname)) {
    throw new TypeError(
      `Cannot make a socket address of "${hostname}": it is not a plain IP address`,
    );
  }
  const bytes = ipaddr.parse(hostname).toByteArray();
  const isIpv4 = bytes.length === 4;
  const sockaddr = new Uint8Array(isIpv4 ? SOCKADDR_IN : SOCKADDR_IN6);
  new Uint16Array(sockaddr.buffer)[0] = isIpv4 ? AF_INET : AF_INET6;
  sockaddr[2] = port >> 8;
  sockaddr[3] = port & 0xff;
  sockaddr.set(bytes, isIpv4 ? 4 : 8);
  return sockaddr;
}

/** Whether a host can be connected to as it is: an IP address without a zone. */
export function isEncodable(hostname: string): boolean {
  return !hostname.includes("%") && ipaddr.isValid(hostname) &&
    (hostname.includes(":") || ipaddr.IPv4.isValidFourPartDecimal(hostname));
}

/** The family that a socket for this address needs. */
export function familyOf(sockaddr: Uint8Array): number {
  return sockaddr.length === SOCKADDR_IN ? AF_INET : AF_INET6;
}

/** The port in it. */
export function portOf(sockaddr: Uint8Array): number {
  return (sockaddr[2] as number) << 8 | sockaddr[3] as number;
}

/** The buffers that the kernel writes an address and its length into. */
export class SockaddrBuffer {
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(LONGEST_SOCKADDR);
  readonly length: Uint32Array<ArrayBuffer> = new Uint32Array(1);
  readonly #view = new DataView(this.bytes.buffer);
  readonly #families = new Uint16Array(this.bytes.buffer);

  /** Prepares for a call: `length` says how much room there is, and afterwards how much is used. */
  prepare(): this {
    this.length[0] = LONGEST_SOCKADDR;
    return this;
  }

  /** The address that the last call has written. */
  read(): SocketName {
    const port = this.#view.getUint16(2);
    if (this.#families[0] === AF_INET) {
      return new SocketName(this.#view.getUint32(4), undefined, port);
    }
    return new SocketName(0, this.bytes.slice(8, 24), port);
  }
}

/**
 * The address of one end of a connection. Everything derived from it is computed on demand, and an
 * IPv4 address is kept as a number, because most sessions never need more.
 */
export class SocketName implements Address {
  readonly #ipv4: number;
  readonly #ipv6: Uint8Array | undefined;
  readonly port: number;

  /** @param ipv6 16 bytes, or absent for IPv4 */
  constructor(ipv4: number, ipv6: Uint8Array | undefined, port: number) {
    this.#ipv4 = ipv4;
    this.#ipv6 = ipv6;
    this.port = port;
  }

  /** The IP address as text, as the standard library writes it. */
  get hostname(): string {
    const mapped = this.#mappedIpv4();
    const text = ipaddr.fromByteArray([...this.#bytes()]).toString();
    return mapped === undefined ? text : `::ffff:${mapped}`;
  }

  /** `ip:port`. */
  get name(): string {
    return formatAddress(this);
  }

  /** See `hashAddressBytes`. */
  get addressHash(): number {
    return hashAddressBytes(this.#bytes());
  }

  /** See `addressKeyOfBytes`. */
  get addressKey(): bigint {
    return addressKeyOfBytes(this.#bytes());
  }

  #bytes(): Uint8Array {
    if (this.#ipv6 !== undefined) return this.#ipv6;
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, this.#ipv4);
    return bytes;
  }

  /** The IPv4 address in an IPv6 one of the form `::ffff:a.b.c.d`. */
  #mappedIpv4(): string | undefined {
    const bytes = this.#ipv6;
    if (bytes === undefined || bytes[10] !== 0xff || bytes[11] !== 0xff) return undefined;
    if (bytes.subarray(0, 10).some((byte) => byte !== 0)) return undefined;
    return bytes.subarray(12).join(".");
  }
}
