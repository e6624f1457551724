import type { Address } from "../base/address.ts";
import { crc32c } from "./crc32c.ts";
import { formatIpBytes, ipv4Bytes, ipv6Bytes } from "./_ip_bytes.ts";
import { type ProxyVersion, V2_FIXED_LENGTH, V2_SIGNATURE } from "./proxy_header.ts";

/** One type-length-value field of a v2 header. */
export interface ProxyTlv {
  /** 0 to 255. */
  readonly type: number;
  /** A copy. */
  readonly value: Uint8Array;
}

/** A decoded PROXY header. */
export interface ProxyHeader {
  readonly kind: "header";
  readonly version: ProxyVersion;
  /** `local`: made for no client (v2 LOCAL, v1 UNKNOWN); the connection's own addresses apply. */
  readonly command: "proxy" | "local";
  /** The client; absent with `local`, and for anything but TCP over IPv4 or IPv6. */
  readonly source?: Address;
  /** The address that the client connected to; absent where `source` is. */
  readonly destination?: Address;
  /** Length of the header in bytes; what follows was sent by the client. */
  readonly length: number;
  readonly tlvs: readonly ProxyTlv[];
}

/** The result of decoding the bytes received so far. */
export type ProxyHeaderResult =
  | ProxyHeader
  | { readonly kind: "need_more" }
  /** Not a PROXY header, whatever follows; `why` is a sentence for the log. */
  | { readonly kind: "invalid"; readonly why: string };

/** The longest v1 header, with its line break. */
export const V1_MAX_LENGTH = 107;
/** The longest v2 header that is read, TLVs included. */
export const V2_MAX_LENGTH = 4096;

const NEED_MORE: ProxyHeaderResult = { kind: "need_more" };
const CR = 0x0d;
const LF = 0x0a;
const V1_PREFIX = new TextEncoder().encode("PROXY ");
const PORT = /^(?:0|[1-9]\d{0,4})$/;

const COMMAND_LOCAL = 0x0;
const COMMAND_PROXY = 0x1;
const TLV_CRC32C = 0x03;
const TLV_UNIQUE_ID = 0x05;
const MAX_UNIQUE_ID_LENGTH = 128;

interface Family {
  readonly addressesLength: number;
  /** Length of one IP address for the TCP families; 0 for those whose addresses are not read. */
  readonly ipLength: number;
}

/** The families that v2 assigns: unspecified, TCP and UDP over IPv4 and IPv6, Unix sockets. */
const FAMILIES: Readonly<Record<number, Family>> = {
  0x00: { addressesLength: 0, ipLength: 0 },
  0x11: { addressesLength: 12, ipLength: 4 },
  0x12: { addressesLength: 12, ipLength: 0 },
  0x21: { addressesLength: 36, ipLength: 16 },
  0x22: { addressesLength: 36, ipLength: 0 },
  0x31: { addressesLength: 216, ipLength: 0 },
  0x32: { addressesLength: 216, ipLength: 0 },
};

/**
 * Reads a PROXY header, v1 or v2, from the first bytes of a connection (haproxy.org,
 * proxy-protocol.txt). Call it again with all bytes so far whenever more arrive; it keeps no state,
 * and the result does not depend on how the bytes were split. It never throws.
 *
 * It is strict, because the sender of this header decides who the client is: a v1 line over 107
 * bytes, leading zeros, a lone CR or LF, values that v2 does not assign, a header over 4096 bytes
 * and a wrong checksum are all invalid.
 */
export function decodeProxyHeader(bytes: Uint8Array): ProxyHeaderResult {
  const first = bytes[0];
  if (first === undefined) return NEED_MORE;
  if (first === V1_PREFIX[0]) return decodeText(bytes);
  if (first === V2_SIGNATURE[0]) return decodeBinary(bytes);
  return invalid("the connection does not begin with a PROXY header");
}

function invalid(why: string): ProxyHeaderResult {
  return { kind: "invalid", why };
}

/** Returns how many leading bytes match what is expected. */
function agreement(bytes: Uint8Array, expected: Uint8Array): number {
  let count = 0;
  while (count < expected.length && bytes[count] === expected[count]) count++;
  return count;
}

// Version 1

function decodeText(bytes: Uint8Array): ProxyHeaderResult {
  const agreeing = agreement(bytes, V1_PREFIX);
  if (agreeing < V1_PREFIX.length) {
    return agreeing === bytes.length
      ? NEED_MORE
      : invalid("the connection does not begin with a PROXY header");
  }
  const window = Math.min(bytes.length, V1_MAX_LENGTH);
  for (let i = V1_PREFIX.length; i < window; i++) {
    if (bytes[i] === LF) return invalid("the v1 header has a line feed without a carriage return");
    if (bytes[i] !== CR) continue;
    if (i + 1 === window) break;
    if (bytes[i + 1] !== LF) {
      return invalid("the v1 header has a carriage return without a line feed");
    }
    return decodeLine(bytes.subarray(V1_PREFIX.length, i), i + 2);
  }
  return window === V1_MAX_LENGTH
    ? invalid(`the v1 header does not end within ${V1_MAX_LENGTH} bytes`)
    : NEED_MORE;
}

/** Reads the part between `PROXY ` and the line break. */
function decodeLine(line: Uint8Array, length: number): ProxyHeaderResult {
  const words = String.fromCharCode(...line).split(" ");
  const [family, from = "", to = "", fromPort = "", toPort = ""] = words;
  if (family === "UNKNOWN") {
    return { kind: "header", version: "v1", command: "local", length, tlvs: [] };
  }
  if (family !== "TCP4" && family !== "TCP6") {
    return invalid("the v1 header names a protocol other than TCP4, TCP6 and UNKNOWN");
  }
  if (words.length !== 5) {
    return invalid(
      "the v1 header does not have two addresses and two ports separated by single spaces",
    );
  }
  const toBytes = family === "TCP4" ? ipv4Bytes : ipv6Bytes;
  const source = readAddress(toBytes(from), fromPort);
  const destination = readAddress(toBytes(to), toPort);
  if (source === undefined || destination === undefined) {
    return invalid(`the v1 header has an address or a port that ${family} does not allow`);
  }
  const tlvs: ProxyTlv[] = [];
  return { kind: "header", version: "v1", command: "proxy", source, destination, length, tlvs };
}

function readAddress(ip: Uint8Array | undefined, port: string): Address | undefined {
  if (ip === undefined || !PORT.test(port) || Number(port) > 65535) return undefined;
  return { hostname: formatIpBytes(ip), port: Number(port) };
}

// Version 2

function decodeBinary(bytes: Uint8Array): ProxyHeaderResult {
  const agreeing = agreement(bytes, V2_SIGNATURE);
  if (agreeing < V2_SIGNATURE.length) {
    return agreeing === bytes.length
      ? NEED_MORE
      : invalid("the connection does not begin with a PROXY header");
  }
  if (bytes.length < 13) return NEED_MORE;
  const versionAndCommand = bytes[12] as number;
  const command = versionAndCommand & 0x0f;
  if (versionAndCommand >> 4 !== 2) {
    return invalid(`the v2 header is of version ${versionAndCommand >> 4}`);
  }
  if (command !== COMMAND_LOCAL && command !== COMMAND_PROXY) {
    return invalid(`the v2 header has the unassigned command ${command}`);
  }
  if (bytes.length < 14) return NEED_MORE;
  const familyByte = bytes[13] as number;
  const family = FAMILIES[familyByte];
  // With LOCAL the family and everything after it are meaningless, and are skipped.
  if (command === COMMAND_PROXY && family === undefined) {
    return invalid(`the v2 header has the unassigned family 0x${familyByte.toString(16)}`);
  }
  if (bytes.length < V2_FIXED_LENGTH) return NEED_MORE;
  const length = V2_FIXED_LENGTH + ((bytes[14] as number) << 8) + (bytes[15] as number);
  if (length > V2_MAX_LENGTH) {
    return invalid(`the v2 header is ${length} bytes long: at most ${V2_MAX_LENGTH} are read`);
  }
  if (command === COMMAND_PROXY && length < V2_FIXED_LENGTH + (family as Family).addressesLength) {
    return invalid("the v2 header is too short for its addresses");
  }
  if (bytes.length < length) return NEED_MORE;
  if (command === COMMAND_LOCAL) {
    return { kind: "header", version: "v2", command: "local", length, tlvs: [] };
  }
  return decodeProxied(bytes.subarray(0, length), family as Family);
}

/** Reads the addresses and TLVs of a complete v2 header with the command PROXY. */
function decodeProxied(header: Uint8Array, family: Family): ProxyHeaderResult {
  const tlvs = readTlvs(header, V2_FIXED_LENGTH + family.addressesLength);
  if (typeof tlvs === "string") return invalid(tlvs);
  const { length } = header;
  const { ipLength } = family;
  if (ipLength === 0) return { kind: "header", version: "v2", command: "proxy", length, tlvs };

  const addressAt = (ip: number, port: number): Address => ({
    hostname: formatIpBytes(header.slice(ip, ip + ipLength)),
    port: ((header[port] as number) << 8) + (header[port + 1] as number),
  });
  const ports = V2_FIXED_LENGTH + 2 * ipLength;
  const source = addressAt(V2_FIXED_LENGTH, ports);
  const destination = addressAt(V2_FIXED_LENGTH + ipLength, ports + 2);
  return { kind: "header", version: "v2", command: "proxy", source, destination, length, tlvs };
}

/** Reads the TLVs from `start` to the end of the header, or returns what is wrong with them. */
function readTlvs(header: Uint8Array, start: number): ProxyTlv[] | string {
  const tlvs: ProxyTlv[] = [];
  let offset = start;
  while (offset < header.length) {
    if (offset + 3 > header.length) return "the v2 header ends within a TLV";
    const type = header[offset] as number;
    const length = ((header[offset + 1] as number) << 8) + (header[offset + 2] as number);
    const valueAt = offset + 3;
    offset = valueAt + length;
    if (offset > header.length) return "the v2 header ends within a TLV";
    if (type === TLV_UNIQUE_ID && length > MAX_UNIQUE_ID_LENGTH) {
      return `the v2 header has a unique ID of ${length} bytes: at most ${MAX_UNIQUE_ID_LENGTH} are allowed`;
    }
    if (type === TLV_CRC32C && (length !== 4 || !checksumHolds(header, valueAt))) {
      return "the v2 header does not match its checksum";
    }
    tlvs.push({ type, value: header.slice(valueAt, offset) });
  }
  return tlvs;
}

/** The checksum covers the whole header, with its own four bytes taken as zero. */
function checksumHolds(header: Uint8Array, valueAt: number): boolean {
  const stated = new DataView(header.buffer, header.byteOffset).getUint32(valueAt);
  const copy = header.slice();
  copy.fill(0, valueAt, valueAt + 4);
  return crc32c(copy) === stated;
}
