import { type Address, formatAddress, isLoopback } from "../base/address.ts";
import type { ListenerSettings, Settings } from "../config/settings.ts";

/**
 * Adapts settings for the demo: nothing is reachable from outside this machine, and the backends
 * learn the client's address from a PROXY header.
 *
 * @throws {RangeError} if a backend is not on loopback, because the demo could not start it
 */
export function demoSettings(settings: Settings): Settings {
  for (const listener of settings.listeners) {
    for (const { address, name } of listener.backends) {
      if (!isLoopback(address.hostname)) {
        throw new RangeError(
          `backend "${name}" of listener "${listener.key}" is not on loopback: ` +
            "the demo starts every backend itself, on 127.0.0.1, [::1] or localhost",
        );
      }
    }
  }
  return { ...settings, listeners: settings.listeners.map(demoListener) };
}

/** Returns the addresses of all backends, without duplicates. */
export function backendAddresses(settings: Settings): Address[] {
  const all = settings.listeners.flatMap((listener) => listener.backends)
    .map((backend) => backend.address);
  return [...new Map(all.map((address) => [formatAddress(address), address])).values()];
}

function demoListener(listener: ListenerSettings): ListenerSettings {
  const { hostname, port } = listener.address;
  const proxyProtocol = listener.proxyProtocol === "off" ? "v1" : listener.proxyProtocol;
  return { ...listener, proxyProtocol, address: { hostname: loopbackFor(hostname), port } };
}

function loopbackFor(hostname: string): string {
  if (isLoopback(hostname)) return hostname;
  return hostname.includes(":") ? "::1" : "127.0.0.1";
}
