import { isIpv4 } from "../base/address.ts";
import type { IniEntry } from "./ini.ts";
import type { Sections } from "./_sections.ts";
import { quote } from "./quote.ts";
import type { ListenerSettings, PoolSettings } from "./settings.ts";
import type { Source, Token } from "./source.ts";

const KEY = "source_address";

/**
 * Reports a `source_address` of a pool whose listener has an engine that cannot use it, and one
 * without an address of a backend's family.
 */
export function checkSources(
  sections: Sections,
  listeners: readonly ListenerSettings[],
  pools: readonly PoolSettings[],
  source: Source,
): void {
  const valueOf = finder(sections);
  const onStreams = new Map(
    listeners.filter(({ engine }) => engine === "streams").map(({ key, pool }) => [pool, key]),
  );
  for (const { name, sourceAddresses, backends } of pools) {
    const place = valueOf(name);
    if (sourceAddresses.length === 0 || place === undefined) continue;
    const listener = onStreams.get(name);
    if (listener !== undefined) {
      source.error(
        place,
        `${KEY} cannot be used by listener ${
          quote(listener)
        } with engine = streams: Deno lets no ` +
          'program choose the address that it connects from; expected engine "native" or "auto"',
      );
    }
    const families = new Set(sourceAddresses.map(isIpv4));
    const unreachable = backends.find(({ kind, address }) =>
      kind === "address" && !families.has(isIpv4(address.hostname))
    );
    if (unreachable === undefined) continue;
    const family = isIpv4(unreachable.address.hostname) ? "IPv4" : "IPv6";
    source.error(
      place,
      `${KEY} has no ${family} address, as backend ${quote(unreachable.name)} of pool ` +
        `${quote(name)} needs`,
    );
  }
}

/** Warns about addresses that this machine does not have, as far as can be told by binding them. */
export function warnAboutForeignSources(
  sections: Sections,
  pools: readonly PoolSettings[],
  source: Source,
): void {
  const valueOf = finder(sections);
  const places = new Map<Token, readonly string[]>();
  for (const { name, sourceAddresses } of pools) {
    const place = valueOf(name);
    if (place !== undefined) places.set(place, sourceAddresses);
  }
  for (const [place, addresses] of places) {
    for (const address of addresses.filter(isForeign)) {
      source.warning(
        place,
        `${KEY} has ${quote(address)}, which is not an address of this machine now: connections ` +
          "from it would fail",
      );
    }
  }
}

function isForeign(hostname: string): boolean {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return false;
  } catch (error) {
    // Anything else, such as a missing permission, says nothing about the address.
    return error instanceof Deno.errors.AddrNotAvailable;
  }
}

/** Returns a function that finds the value in force for a pool, by its name. */
function finder({ options, overrides, pools }: Sections): (pool: string) => Token | undefined {
  const general = valueIn(options.flatMap(({ entries }) => entries));
  const own = new Map(
    [...overrides, ...pools].map(({ key, section }) => [key.text, valueIn(section.entries)]),
  );
  return (pool) => own.get(pool) ?? general;
}

function valueIn(entries: readonly IniEntry[]): Token | undefined {
  return entries.find(({ key }) => key.text === KEY)?.value[0];
}
