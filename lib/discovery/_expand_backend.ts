import { formatAddress } from "../base/address.ts";
import type { BackendSettings } from "../config/settings.ts";
import type { ServicePlace } from "./_answers.ts";

const HIGHEST_WEIGHT = 256;
/** Shares of a weight are multiples of one hundredth. */
const WEIGHT_UNIT = 100;

/**
 * Makes a backend from each address of a host. Each is identified by its address, and gets the flags unchanged, including
 * `max_connections`, and an equal share of the weight in whole hundredths, but at least one: three
 * addresses share a weight of 1 as 0.33 each.
 */
export function expandHost(
  backend: BackendSettings,
  addresses: readonly string[],
): BackendSettings[] {
  const { weight } = backend;
  const hundredths = Math.round(weight * WEIGHT_UNIT / addresses.length);
  const share = weight === 0 ? 0 : Math.max(1, hundredths) / WEIGHT_UNIT;
  return addresses.map((address) => ({
    ...backend,
    id: formatAddress({ hostname: address, port: backend.address.port }),
    name: `${backend.name}/${address}`,
    kind: "address",
    candidates: [address],
    weight: share,
  }));
}

/**
 * Makes backends from the targets of a service. Those with the lowest priority number are primary,
 * all others are backups. The records' weights count in proportion: 0 counts as 1, and if
 * one is above 256, all are scaled down so that the largest is 256.
 */
export function expandService(
  backend: BackendSettings,
  places: readonly ServicePlace[],
): BackendSettings[] {
  const first = Math.min(...places.map(({ priority }) => priority));
  const heaviest = Math.max(...places.map(({ weight }) => weight));
  const scale = Math.min(1, HIGHEST_WEIGHT / heaviest);
  const label = backend.name === backend.id ? "" : `${backend.name}/`;
  return places.flatMap(({ target, port, priority, weight, addresses }) =>
    expandHost({
      ...backend,
      name: label + formatAddress({ hostname: target, port }),
      address: { hostname: target, port },
      weight: Math.max(1, Math.round(weight * scale)),
      backup: backend.backup || priority > first,
    }, addresses)
  );
}
