import { type Address, formatAddress, isLoopback } from "../base/address.ts";
import type { ListenerSettings, PoolSettings, Settings } from "../config/settings.ts";

/**
 * Adapts settings for the demo: nothing is reachable from outside this machine, and the backends
 * learn the client's address from a PROXY header.
 *
 * @throws {RangeError} if a backend is not on loopback, because the demo could not start it
 */
export function demoSettings(settings: Settings): Settings {
  for (const pool of settings.pools) {
    for (const { address, name } of pool.backends) {
      if (!isLoopback(address.hostname)) {
        throw new RangeError(
          `backend "${name}" of pool "${pool.name}" is not on loopback: ` +
            "the demo starts every backend itself, on 127.0.0.1, [::1] or localhost",
        );
      }
    }
  }
  return {
    ...settings,
    listeners: settings.listeners.map(demoListener),
    pools: settings.pools.map(demoPool),
  };
}

/** Returns the addresses of all backends, without duplicates. */
export function backendAddresses(settings: Settings): Address[] {
  const all = settings.pools.flatMap((pool) => pool.backends)
    .map((backend) => backend.address);
  return [...new Map(all.map((address) => [formatAddress(address), address])).values()];
}

function demoListener(listener: ListenerSettings): ListenerSettings {
  const addresses = listener.addresses.map(({ hostname, port }) => ({
    hostname: loopbackFor(hostname),
    port,
  }));
  return { ...listener, addresses };
}

function demoPool(pool: PoolSettings): PoolSettings {
  return pool.proxyProtocol === "off" ? { ...pool, proxyProtocol: "v1" } : pool;
}

function loopbackFor(hostname: string): string {
  if (isLoopback(hostname)) return hostname;
  return hostname.includes(":") ? "::1" : "127.0.0.1";
}
