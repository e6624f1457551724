import { type Address, formatAddress } from "../base/address.ts";
import { closestWord } from "../base/closest_word.ts";
import type { Steps } from "../base/steps.ts";
import { parseAdminAddress } from "./admin_address.ts";
import { BoundAddresses } from "./_bound_addresses.ts";
import type { Environment } from "./environment.ts";
import type { IniEntry } from "./ini.ts";
import { MOST_BACKENDS, MOST_LISTENERS } from "./key.ts";
import { isMisplacedKey, readListenerAddress } from "./_listener_key.ts";
import { readListenerSection, readPoolSection } from "./_named_sections.ts";
import { readBackends } from "./mapping.ts";
import { DEFAULT_OPTIONS, type OptionValues, OVERRIDE_SCOPES, readOptions } from "./_options.ts";
import { quote, shorten } from "./quote.ts";
import { findOverridden, type Sections } from "./_sections.ts";
import type { ListenerSettings, PoolSettings } from "./settings.ts";
import { type Source, type Token, whereIs } from "./source.ts";

const FIRST_UNPRIVILEGED_PORT = 1024;
const EXAMPLE = 'expected at least one, such as "24003 = 127.0.0.1:8080"';

/** What a file says about listeners and pools. */
export interface Topology {
  readonly listeners: readonly ListenerSettings[];
  readonly pools: readonly PoolSettings[];
  /** What was read from each section about one of them, by its name, such as `options 24003`. */
  readonly values: ReadonlyMap<string, OptionValues>;
}

/** Reads `[mappings]` with each `[options KEY]`, and every `[listener NAME]` and `[pool NAME]`. */
export function* readTopology(
  sections: Sections,
  options: OptionValues,
  environment: Environment,
  source: Source,
): Steps<Topology> {
  const reader = new TopologyReader(options, environment, source);
  const mappings = listMappings(sections, source);
  yield* reader.readOverrides(sections, mappings);
  yield* reader.readListeners(sections);
  yield* reader.readMappings(mappings);
  yield* reader.readPools(sections);
  reader.checkReferences();
  return reader;
}

/** Returns the entries of the mappings, up to the maximum number. */
function listMappings({ mappings, listeners }: Sections, source: Source): IniEntry[] {
  const entries = mappings.flatMap((section) => section.entries);
  const [first] = mappings;
  if (first !== undefined && entries.length === 0) {
    source.error(first.name, `[mappings] has no listener: ${EXAMPLE}`);
  } else if (first === undefined && listeners.length === 0) {
    source.error(undefined, `there is no [mappings] section, and so no listener: ${EXAMPLE}`);
  }
  const keys = [...entries, ...listeners].map(({ key }) => key);
  const surplus = keys[MOST_LISTENERS];
  if (surplus !== undefined) {
    source.error(surplus, `there are more than ${MOST_LISTENERS} listeners`);
  }
  return entries.slice(0, MOST_LISTENERS);
}

/** Collects listeners and pools. Each part of a file is read once, in the order of `readTopology`. */
class TopologyReader implements Topology {
  readonly listeners: ListenerSettings[] = [];
  readonly pools: PoolSettings[] = [];
  readonly values = new Map<string, OptionValues>();
  readonly #options: OptionValues;
  readonly #environment: Environment;
  readonly #source: Source;
  readonly #bound = new BoundAddresses();
  readonly #admin: Address | undefined;
  /** Where each pool was named, for those that have a section of their own. */
  readonly #poolNames = new Map<string, Token>();
  /** Where each listener says which pool it uses. */
  readonly #references: { readonly listener: string; readonly pool: Token }[] = [];
  #room = MOST_BACKENDS;

  constructor(options: OptionValues, environment: Environment, source: Source) {
    this.#options = options;
    this.#environment = environment;
    this.#source = source;
    const admin = parseAdminAddress(options.global.admin ?? "off");
    this.#admin = admin?.kind === "tcp" ? admin.address : undefined;
  }

  *readOverrides({ overrides }: Sections, mappings: readonly IniEntry[]): Steps<void> {
    const source = this.#source;
    const keys = new Set(mappings.map(({ key }) => key.text));
    for (const override of overrides) {
      if (source.isSpent) break;
      const key = findOverridden(override, keys, source);
      const values = yield* readOptions([override.section], OVERRIDE_SCOPES, source);
      if (key !== undefined) this.values.set(`options ${key}`, values);
    }
  }

  *readListeners({ listeners }: Sections): Steps<void> {
    const source = this.#source;
    for (const named of listeners.slice(0, MOST_LISTENERS)) {
      if (source.isSpent) break;
      const read = yield* readListenerSection(named, source);
      const { name, addresses, pool, values } = read;
      this.values.set(`listener ${name}`, values);
      for (const { place, address } of addresses) this.#checkBinding(place, address);
      if (pool === undefined) continue;
      this.#references.push({ listener: name, pool });
      this.listeners.push({
        key: name,
        id: `listener ${name}`,
        addresses: addresses.map(({ address }) => address),
        pool: pool.text,
        ...DEFAULT_OPTIONS.listener,
        ...this.#options.listener,
        ...values.listener,
      });
    }
  }

  *readMappings(entries: readonly IniEntry[]): Steps<void> {
    const source = this.#source;
    // In the order of the file, whatever sections there are besides.
    const named = this.listeners.splice(0);
    for (const entry of entries) {
      if (source.isSpent) break;
      const { key } = entry;
      if (isMisplacedKey(key, source)) continue;
      const name = key.text;
      const address = readListenerAddress(key, source);
      const users = address === undefined ? [] : [{ name, address }];
      const backends = yield* this.#readBackends(
        entry,
        `listener ${quote(name)}`,
        [...users, ...usersOf(name, named)],
      );
      if (backends === undefined) break;
      if (address === undefined) continue;
      this.#checkBinding(key, address);
      const id = formatAddress(address);
      const own = this.values.get(`options ${name}`);
      const listener = { ...DEFAULT_OPTIONS.listener, ...this.#options.listener, ...own?.listener };
      this.listeners.push({ key: name, id, addresses: [address], pool: name, ...listener });
      const pool = { ...DEFAULT_OPTIONS.pool, ...this.#options.pool, ...own?.pool };
      this.pools.push({ name, id, ...pool, backends });
    }
    this.listeners.push(...named);
  }

  *readPools({ pools }: Sections): Steps<void> {
    const source = this.#source;
    const surplus = pools[MOST_LISTENERS];
    if (surplus !== undefined) {
      source.error(surplus.key, `there are more than ${MOST_LISTENERS} pools`);
    }
    const mapped = new Set(this.pools.map(({ name }) => name));
    for (const named of pools.slice(0, MOST_LISTENERS)) {
      if (source.isSpent) break;
      const { name, backends: entry, values } = yield* readPoolSection(named, source);
      this.values.set(`pool ${name}`, values);
      if (mapped.has(name)) {
        source.error(
          named.key,
          `pool ${quote(name)} has the name of a listener in [mappings], whose pool is named so`,
        );
      }
      this.#poolNames.set(name, named.key);
      const users = usersOf(name, this.listeners);
      const backends = entry === undefined
        ? []
        : yield* this.#readBackends(entry, `pool ${quote(name)}`, users);
      if (backends === undefined) break;
      const pool = { ...DEFAULT_OPTIONS.pool, ...this.#options.pool, ...values.pool };
      this.pools.push({ name, id: `pool ${name}`, ...pool, backends });
    }
  }

  /** Reports pools that do not exist, and those that no listener uses. */
  checkReferences(): void {
    const source = this.#source;
    if (source.isSpent) return;
    const names = new Set([...this.pools.map(({ name }) => name), ...this.#poolNames.keys()]);
    for (const { listener, pool } of this.#references) {
      if (names.has(pool.text)) continue;
      source.error(pool, () => {
        const meant = closestWord(pool.text, [...names]);
        const advice = meant === undefined
          ? `: expected a section [pool ${shorten(pool.text)}]`
          : `; did you mean ${quote(meant)}?`;
        return `there is no pool ${quote(pool.text)} for listener ${quote(listener)}${advice}`;
      });
    }
    const used = new Set(this.#references.map(({ pool }) => pool.text));
    for (const [name, place] of this.#poolNames) {
      if (!used.has(name)) source.warning(place, `pool ${quote(name)} is used by no listener`);
    }
  }

  /** Reads a list of backends; `undefined` if there are too many in all. */
  *#readBackends(
    entry: IniEntry,
    owner: string,
    listeners: readonly { readonly name: string; readonly address: Address }[],
  ): Steps<PoolSettings["backends"] | undefined> {
    const source = this.#source;
    const own = { listeners, admin: this.#admin };
    const backends = yield* readBackends(entry, owner, own, this.#room + 1, source);
    if (backends.length > this.#room) {
      source.error(entry.key, `there are more than ${MOST_BACKENDS} backends in total`);
      return undefined;
    }
    this.#room -= backends.length;
    return backends;
  }

  #checkBinding(place: Token, address: Address): void {
    const source = this.#source;
    const earlier = this.#bound.add(place, address);
    if (earlier !== undefined) {
      source.error(
        place,
        `listener ${quote(place.text)} is already bound by ${quote(earlier.text)} ` +
          whereIs(earlier, place),
      );
    }
    if (address.port < FIRST_UNPRIVILEGED_PORT && !this.#environment.privileged) {
      source.warning(
        place,
        `port ${address.port} may be refused: ports below ${FIRST_UNPRIVILEGED_PORT} ` +
          "need a privilege that this process does not seem to have",
      );
    }
  }
}

/** The addresses of the listeners that use a pool. */
function usersOf(
  pool: string,
  listeners: readonly ListenerSettings[],
): { readonly name: string; readonly address: Address }[] {
  return listeners.filter((listener) => listener.pool === pool).flatMap(({ key, addresses }) =>
    addresses.map((address) => ({ name: key, address }))
  );
}
