import ipaddr from "ipaddr.js";

const BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${BYTE}\\.${BYTE}\\.${BYTE}\\.${BYTE}$`);
const IPV4_TAIL = new RegExp(`:(${BYTE}\\.${BYTE}\\.${BYTE}\\.${BYTE})$`);
const IPV6_CHARS = /^[0-9a-f:]{2,39}$/i;

/**
 * The four bytes of an IPv4 address in strict form (four decimal numbers, no leading zeros), or
 * undefined.
 */
export function ipv4Bytes(text: string): Uint8Array | undefined {
  return IPV4.test(text) ? Uint8Array.from(text.split("."), Number) : undefined;
}

/**
 * The sixteen bytes of an IPv6 address in the form that `inet_pton` accepts: hexadecimal groups, at
 * most one `::`, the last four bytes optionally as an IPv4 address, no zone. Undefined for anything
 * else.
 */
export function ipv6Bytes(text: string): Uint8Array | undefined {
  const hex = text.replace(IPV4_TAIL, (_match, tail: string) => `:${hexGroups(tail)}`);
  // The library also accepts zones and octal or hexadecimal bytes; these are ruled out by now.
  if (!IPV6_CHARS.test(hex) || !ipaddr.IPv6.isValid(hex)) return undefined;
  return Uint8Array.from(ipaddr.IPv6.parse(hex).toByteArray());
}

function hexGroups(ipv4: string): string {
  const [a, b, c, d] = ipv4.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return `${a}${b}:${c}${d}`;
}

/** Writes four bytes as an IPv4 address, sixteen as an IPv6 address in the form of RFC 5952. */
export function formatIpBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const mapped = mappedIpv4(bytes);
  if (mapped !== undefined) return `::ffff:${mapped.join(".")}`;
  return new ipaddr.IPv6([...bytes]).toRFC5952String();
}

/** The IPv4 address inside `::ffff:a.b.c.d`, or undefined if the bytes are anything else. */
export function mappedIpv4(bytes: Uint8Array): Uint8Array | undefined {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return undefined;
  return bytes[10] === 0xff && bytes[11] === 0xff ? bytes.subarray(12) : undefined;
}

/** `::ffff:a.b.c.d`, the IPv6 form of an IPv4 address. */
export function promoteToIpv6(ipv4: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.fill(0xff, 10, 12);
  bytes.set(ipv4, 12);
  return bytes;
}
