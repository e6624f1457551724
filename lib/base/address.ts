import ipaddr from "ipaddr.js";

/** A host and a port: where a listener is bound, or where a backend is reached. */
export interface Address {
  /** A host name, an IPv4 address, or an IPv6 address without brackets. */
  readonly hostname: string;
  /** 1 to 65535. */
  readonly port: number;
}

/**
 * Writes an address the way the configuration file does: `127.0.0.1:8080`, and with brackets where
 * the host is an IPv6 address, `[::1]:8080`.
 */
export function formatAddress(address: Address): string {
  const { hostname, port } = address;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Whether the text is an IPv4 address in four decimal parts, without leading zeros. */
export function isIpv4(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** Whether the text is an IPv6 address, without brackets; a zone (`%eth0`, `%br-lan`) may follow. */
export function isIpv6(text: string): boolean {
  return ipaddr.IPv6.isValid(withoutZone(text)) && /^[^%]*(?:%[\w.-]+)?$/.test(text);
}

/** Whether the text is an IP address, of either family. */
export function isIpAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

/**
 * Whether the text can be a host name: labels of letters, digits, `-` and `_`, 1 to 63 characters
 * each (RFC 1123; container names have underscores). A last label of digits alone means a misspelt
 * IPv4 address, not a name.
 */
export function isHostName(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  return text.length <= 254 && !/^\d+$/.test(labels.at(-1) as string) &&
    labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label));
}

/**
 * Returns the canonical form of a host, which compares equal however the host was written: `0::1`
 * is `::1`, and an IPv4-mapped IPv6 address is its IPv4 address.
 */
export function canonicalHost(hostname: string): string {
  if (!isIpAddress(hostname)) return hostname.toLowerCase();
  const address = withoutZone(hostname);
  return ipaddr.process(address).toString() + hostname.slice(address.length);
}

/** Whether a host is reachable from this machine only: `localhost`, `127.0.0.0/8` or `::1`. */
export function isLoopback(hostname: string): boolean {
  if (!isIpAddress(hostname)) return hostname.toLowerCase() === "localhost";
  return ipaddr.process(withoutZone(hostname)).range() === "loopback";
}

/**
 * Whether two IP addresses cannot both be bound: the same port, and the same host or one of them
 * the wildcard of its family (`0.0.0.0`, `::`).
 */
export function addressesOverlap(a: Address, b: Address): boolean {
  const [hostA, hostB] = [canonicalHost(a.hostname), canonicalHost(b.hostname)];
  if (a.port !== b.port || isIpv4(hostA) !== isIpv4(hostB)) return false;
  const wildcard = isIpv4(hostA) ? "0.0.0.0" : "::";
  return hostA === hostB || hostA === wildcard || hostB === wildcard;
}

function withoutZone(hostname: string): string {
  const zone = hostname.indexOf("%");
  return zone < 0 ? hostname : hostname.slice(0, zone);
}
