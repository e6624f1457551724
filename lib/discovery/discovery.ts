import { Random } from "../base/random.ts";
import { type Scheduler, SYSTEM_SCHEDULER } from "../base/scheduler.ts";
import type { BackendSettings, PoolSettings, Settings } from "../config/settings.ts";
import { askForHost, askForService, type ServicePlace } from "./_answers.ts";
import { expandHost, expandService } from "./_expand_backend.ts";
import { WatchedName } from "./_watched_name.ts";
import type { Resolver } from "./resolver.ts";

/** How often names are looked up again if the file does not say. */
export const DEFAULT_INTERVAL_MS = 30_000;
/** Answers that change within this time are reported together. */
const GATHER_MS = 50;

export interface DiscoveryInputs {
  readonly resolver: Resolver;
  /** Called when a pool's addresses have changed, with the settings to apply. */
  readonly onChange: (settings: Settings) => void;
  /** @default {SYSTEM_SCHEDULER} */
  readonly scheduler?: Pick<Scheduler, "after">;
  /** A uniform number in [0, 1). */
  readonly random?: () => number;
}

/** Settings in which every backend has its addresses, and what could not be resolved. */
export interface ResolvedSettings {
  readonly settings: Settings;
  /** Pools that would be left without a backend, one message for each. */
  readonly problems: readonly string[];
  /** Names that cannot be resolved, and the consequence, one message for each backend. */
  readonly warnings: readonly string[];
}

/** A backend in the file that is left out because its name has no address. */
export interface UnresolvedBackend {
  /** The pool's name. */
  readonly pool: string;
  /** Its name: the label, or else the place as written in the file. */
  readonly name: string;
  /** Why it has no address. */
  readonly problem: string;
}

type HostName = WatchedName<readonly string[]>;
type ServiceName = WatchedName<readonly ServicePlace[]>;

/**
 * Resolves the backends that the file names by host or by service. Names are looked up periodically
 * for pools with `resolve`, or with `pre_resolve_workers = 0`, which means every 30 seconds;
 * for others, only until a look-up succeeds. A backend whose name has no address is left out; one
 * that had addresses keeps them.
 *
 * A pool with periodic look-ups has a backend for each address of a host. One that resolves
 * only at load has a single backend for a host, whose addresses are tried in turn. Either way, a
 * service yields a backend for each address of each of its targets. Names are shared: one that
 * several pools use is looked up once for all of them, at the shortest of their intervals.
 *
 * For a new configuration: call `resolveFirst`, apply its settings, then call `update`.
 */
export class Discovery {
  readonly #resolver: Resolver;
  readonly #onChange: (settings: Settings) => void;
  readonly #scheduler: Pick<Scheduler, "after">;
  readonly #random: () => number;
  readonly #hosts = new Map<string, HostName>();
  readonly #services = new Map<string, ServiceName>();
  #settings: Settings | undefined;
  #cancelTelling: (() => void) | undefined;

  constructor(inputs: DiscoveryInputs) {
    this.#resolver = inputs.resolver;
    this.#onChange = inputs.onChange;
    this.#scheduler = inputs.scheduler ?? SYSTEM_SCHEDULER;
    this.#random = inputs.random ?? Random.fromEntropy().next;
  }

  /**
   * Looks up the names in a configuration: all of those that are resolved only at load, and
   * otherwise those that have no answer yet. Does not affect the periodic look-ups. Never rejects.
   *
   * @param settings as they were read from the file
   */
  async resolveFirst(settings: Settings): Promise<ResolvedSettings> {
    const looks = new Set<HostName | ServiceName>();
    for (const [pool, backend] of namedBackends(settings)) {
      const name = this.#nameOf(backend);
      if (!isWatched(pool) || name.answer === undefined) looks.add(name);
    }
    await Promise.all([...looks].map((name) => name.look()));

    const expanded = this.expand(settings);
    const empty = expanded.pools.filter(({ backends }) => backends.length === 0);
    const fatal = empty.filter(({ allowEmpty }) => !allowEmpty).map(({ name }) => name);
    const problems = new Map(fatal.map((name): [string, string[]] => [name, []]));
    const warnings: string[] = [];
    for (const [{ name: poolName }, backend] of namedBackends(settings)) {
      const name = this.#nameOf(backend);
      if (!looks.has(name) || name.problem === undefined) continue;
      const listed = problems.get(poolName);
      if (listed !== undefined) listed.push(`${backend.name}: ${name.problem}`);
      else warnings.push(describeProblem(poolName, backend, name));
    }
    return {
      settings: expanded,
      problems: Array.from(problems, ([name, names]) => describeEmpty(name, names)),
      warnings,
    };
  }

  /** The backends in the settings of the last `update` that are left out now. */
  get unresolved(): readonly UnresolvedBackend[] {
    if (this.#settings === undefined) return [];
    return [...namedBackends(this.#settings)].flatMap(([{ name: poolName }, backend]) => {
      const { answer, problem = "it has not been looked up yet" } = this.#nameOf(backend);
      return answer === undefined ? [{ pool: poolName, name: backend.name, problem }] : [];
    });
  }

  /**
   * Fills in the last good answers. A name that has none yields no backend, so a pool may be
   * left with none at all.
   *
   * @param settings as they were read from the file
   */
  expand(settings: Settings): Settings {
    const pools = settings.pools.map((pool) => {
      if (!pool.backends.some(isNamed)) return pool;
      const backends = pool.backends.flatMap((backend) => this.#expand(pool, backend));
      // Several names may have the same address, which is one backend: the first in the file.
      const byId = new Map(backends.toReversed().map((backend) => [backend.id, backend]));
      return { ...pool, backends: backends.filter((each) => byId.get(each.id) === each) };
    });
    return { ...settings, pools };
  }

  /**
   * Keeps looking up the names in these settings, and no others.
   *
   * @param settings as they were read from the file, and now in force
   */
  update(settings: Settings): void {
    this.#settings = settings;
    const intervals = new Map<HostName | ServiceName, number>();
    for (const [pool, backend] of namedBackends(settings)) {
      const name = this.#nameOf(backend);
      const shortest = intervals.get(name) ?? Infinity;
      intervals.set(
        name,
        isWatched(pool) ? Math.min(shortest, intervalOf(pool)) : shortest,
      );
    }
    for (const names of [this.#hosts, this.#services]) {
      for (const [text, name] of names) {
        const intervalMs = intervals.get(name);
        if (intervalMs !== undefined) {
          name.start(intervalMs);
          continue;
        }
        names.delete(text);
        name.stop();
      }
    }
  }

  /** Ends all look-ups. */
  stop(): void {
    for (const names of [this.#hosts, this.#services]) {
      for (const name of names.values()) name.stop();
    }
    this.#cancelTelling?.();
    this.#cancelTelling = undefined;
    this.#settings = undefined;
  }

  #expand(pool: PoolSettings, backend: BackendSettings): BackendSettings[] {
    if (backend.kind === "address") return [backend];
    if (backend.kind === "service") {
      const places = this.#serviceOf(backend.address.hostname).answer;
      return places === undefined ? [] : expandService(backend, places);
    }
    const addresses = this.#hostOf(backend.address.hostname).answer;
    if (addresses === undefined) return [];
    if (isWatched(pool)) return expandHost(backend, addresses);
    return [{ ...backend, candidates: addresses }];
  }

  #nameOf({ kind, address }: BackendSettings): HostName | ServiceName {
    const { hostname } = address;
    return kind === "service" ? this.#serviceOf(hostname) : this.#hostOf(hostname);
  }

  #hostOf(hostname: string): HostName {
    const known = this.#hosts.get(hostname);
    if (known !== undefined) return known;
    const name: HostName = new WatchedName(`"${hostname}"`, {
      ...this.#watching,
      ask: (_before, signal) => askForHost(this.#resolver, hostname, signal),
    });
    this.#hosts.set(hostname, name);
    return name;
  }

  #serviceOf(service: string): ServiceName {
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    const name: ServiceName = new WatchedName(`service "${service}"`, {
      ...this.#watching,
      ask: (before, signal) => askForService(this.#resolver, service, before ?? [], signal),
    });
    this.#services.set(service, name);
    return name;
  }

  get #watching() {
    return {
      onChange: () => this.#tell(),
      scheduler: this.#scheduler,
      random: this.#random,
    };
  }

  #tell(): void {
    if (this.#settings === undefined || this.#cancelTelling !== undefined) return;
    this.#cancelTelling = this.#scheduler.after(GATHER_MS, () => {
      this.#cancelTelling = undefined;
      if (this.#settings !== undefined) this.#onChange(this.expand(this.#settings));
    });
  }
}

function* namedBackends(settings: Settings): Generator<[PoolSettings, BackendSettings]> {
  for (const pool of settings.pools) {
    for (const backend of pool.backends) if (isNamed(backend)) yield [pool, backend];
  }
}

function describeProblem(
  pool: string,
  { name }: BackendSettings,
  { problem, failed, answer }: HostName | ServiceName,
): string {
  const consequence = !failed
    ? "the rest of it is used"
    : answer === undefined
    ? "it is left out until it has an address"
    : "it keeps the addresses that it had";
  return `Could not resolve backend ${name} of pool ${pool}: ${problem}; ${consequence}`;
}

function describeEmpty(pool: string, names: readonly string[]): string {
  return `Pool ${pool} has no backend, because none of its names could be resolved ` +
    `(${names.join(", ")}), and allow_empty is 0`;
}

function isNamed({ kind }: BackendSettings): boolean {
  return kind !== "address";
}

function isWatched({ resolveIntervalMs, preResolve }: PoolSettings): boolean {
  return resolveIntervalMs > 0 || !preResolve;
}

function intervalOf({ resolveIntervalMs }: PoolSettings): number {
  return resolveIntervalMs > 0 ? resolveIntervalMs : DEFAULT_INTERVAL_MS;
}
