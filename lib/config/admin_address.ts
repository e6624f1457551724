import { type Address, formatAddress, isIpv4, isIpv6, isLoopback } from "../base/address.ts";
import type { ParsedValue, ValueType } from "./value_type.ts";

/** Where the admin API listens. */
export type AdminAddress = { readonly kind: "off" } | BoundAddress;

/** An address other than `off`. */
export type BoundAddress =
  | { readonly kind: "tcp"; readonly address: Address }
  | { readonly kind: "unix"; readonly path: string };

const ALLOWED = "off, IP:PORT, or the path of a Unix socket";
const EXPECTED = 'expected off, an address such as "127.0.0.1:24000" or "[::1]:24000", ' +
  'or the path of a Unix socket such as "/run/weir.sock"';
const PATH = /^(?:unix:)?(\/.*)$/;
/**
 * The longest path, in bytes, that fits into a socket address on every system, with its terminating
 * zero byte.
 */
export const LONGEST_SOCKET_PATH = 103;

/** Where the admin API listens: `off`, `127.0.0.1:24000`, `[::1]:24000`, `/run/weir.sock`. */
export function adminAddress(): ValueType<string> {
  return {
    kind: "admin address",
    allowed: ALLOWED,
    parse(text): ParsedValue<string> {
      const address = parseAdminAddress(text);
      if (address !== undefined) return { ok: true, value: formatAdminAddress(address) };
      const [, path = ""] = PATH.exec(text) ?? [];
      const problem = path.length > 1
        ? `is too long for a Unix socket: expected a path of ${LONGEST_SOCKET_PATH} bytes at most`
        : `is not an address: ${EXPECTED}`;
      return { ok: false, problem };
    },
    format: (value) => value,
  };
}

/** Parses an address; returns `undefined` if the text is not one. */
export function parseAdminAddress(text: string): AdminAddress | undefined {
  if (text === "off") return { kind: "off" };
  const path = PATH.exec(text)?.[1];
  if (path !== undefined) {
    const length = new TextEncoder().encode(path).length;
    return length > 1 && length <= LONGEST_SOCKET_PATH ? { kind: "unix", path } : undefined;
  }
  const [, host = "", digits = ""] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const inner = /^\[(.+)\]$/.exec(host)?.[1];
  const hostname = inner ?? host;
  if (inner === undefined ? !isIpv4(hostname) : !isIpv6(hostname)) return undefined;
  const port = Number(digits);
  return port >= 1 && port <= 65535 ? { kind: "tcp", address: { hostname, port } } : undefined;
}

/** Formats an address such that {@linkcode parseAdminAddress} returns it. */
export function formatAdminAddress(address: AdminAddress): string {
  if (address.kind === "off") return "off";
  return address.kind === "unix" ? `unix:${address.path}` : formatAddress(address.address);
}

/** Whether other machines can reach an address, so that it needs to be protected. */
export function isExposed(address: AdminAddress): boolean {
  return address.kind === "tcp" && !isLoopback(address.address.hostname);
}
