import { O_CLOEXEC, O_RDONLY } from "./constants.ts";
import type { Libc } from "./libc.ts";

/** A range of ports, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Applies to IPv6, too. Read through the C library, as Deno requires every permission for reading
 * in `/proc`.
 */
const PATH = "/proc/sys/net/ipv4/ip_local_port_range";
const ALL: PortRange = { first: 0, last: 65_535 };

/** The ports that the kernel assigns to outgoing connections; all ports if that is not known. */
export function readEphemeralPorts(libc: Libc): PortRange {
  const descriptor = libc.open(new TextEncoder().encode(`${PATH}\0`), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return ALL;
  const bytes = new Uint8Array(64);
  const length = libc.read(descriptor, bytes, bytes.length);
  libc.close(descriptor);
  const text = new TextDecoder().decode(bytes.subarray(0, Math.max(length, 0)));
  const [first, last] = text.trim().split(/\s+/).map(Number);
  return first && last ? { first, last } : ALL;
}
