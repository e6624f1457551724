import { Random } from "../base/random.ts";
import type { BackendSettings, ListenerSettings, Settings } from "../config/settings.ts";
import { askForHost, askForService, type ServicePlace } from "./_answers.ts";
import { expandHost, expandService } from "./_expand_backend.ts";
import { WatchedName } from "./_watched_name.ts";
import type { Resolver } from "./resolver.ts";
import { type Schedule, scheduleByTimer } from "./schedule.ts";

/** How often names are looked up again where the file does not say. */
export const DEFAULT_INTERVAL_MS = 30_000;
/** Answers that change at the same time are told of together. */
const GATHER_MS = 50;

export interface DiscoveryInputs {
  readonly resolver: Resolver;
  /** Hears that a listener's addresses have changed, with the settings to put in force. */
  readonly onChange: (settings: Settings) => void;
  /** @default {scheduleByTimer} */
  readonly schedule?: Schedule;
  /** A uniform number in [0, 1). */
  readonly random?: () => number;
}

/** Settings in which every backend has its addresses. */
export interface ResolvedSettings {
  readonly settings: Settings;
  /** Listeners that would be left without a backend, in words, one for each. */
  readonly problems: readonly string[];
  /** Names that cannot be resolved, and what follows from that, in words, one for each backend. */
  readonly warnings: readonly string[];
}

/** A backend that the file names, and that is left out because its name has no address. */
export interface UnresolvedBackend {
  /** The listener's key. */
  readonly listener: string;
  /** As the file has it. */
  readonly name: string;
  /** Why, in words. */
  readonly problem: string;
}

type HostName = WatchedName<readonly string[]>;
type ServiceName = WatchedName<readonly ServicePlace[]>;

/**
 * Finds the addresses of backends that the file names by host or by service, and goes on looking
 * where a listener asks for that by `resolve`, or by `pre_resolve_workers = 0`, which means every
 * 30 seconds; anywhere else until a look-up has been good. A backend whose name has no address is
 * left out; one that had some keeps them.
 *
 * Such a listener has a backend for each address of a host. One that resolves at load only has one
 * backend for a host, whose addresses are tried in turn. A service gives a backend for each address
 * of each of its places, either way. Names are shared: one that several listeners have is looked up
 * once for all of them, as often as the most demanding one wants.
 *
 * For a new configuration: `resolveFirst`, put its settings in force, then `update`.
 */
export class Discovery {
  readonly #resolver: Resolver;
  readonly #onChange: (settings: Settings) => void;
  readonly #schedule: Schedule;
  readonly #random: () => number;
  readonly #hosts = new Map<string, HostName>();
  readonly #services = new Map<string, ServiceName>();
  #settings: Settings | undefined;
  #cancelTelling: (() => void) | undefined;

  constructor(inputs: DiscoveryInputs) {
    this.#resolver = inputs.resolver;
    this.#onChange = inputs.onChange;
    this.#schedule = inputs.schedule ?? scheduleByTimer;
    this.#random = inputs.random ?? Random.fromEntropy().next;
  }

  /**
   * Looks up what a configuration names: where that happens at load only, everything, and otherwise
   * what has no answer yet. Changes nothing about the look-ups that go on. Never rejects.
   *
   * @param settings as they were read from the file
   */
  async resolveFirst(settings: Settings): Promise<ResolvedSettings> {
    const looks = new Set<HostName | ServiceName>();
    for (const [listener, backend] of namedBackends(settings)) {
      const name = this.#nameOf(backend);
      if (!isWatched(listener) || name.answer === undefined) looks.add(name);
    }
    await Promise.all([...looks].map((name) => name.look()));

    const expanded = this.expand(settings);
    const empty = expanded.listeners.filter(({ backends }) => backends.length === 0);
    const fatal = empty.filter(({ allowEmpty }) => !allowEmpty).map(({ key }) => key);
    const problems = new Map(fatal.map((key): [string, string[]] => [key, []]));
    const warnings: string[] = [];
    for (const [{ key }, backend] of namedBackends(settings)) {
      const name = this.#nameOf(backend);
      if (!looks.has(name) || name.problem === undefined) continue;
      const listed = problems.get(key);
      if (listed !== undefined) listed.push(`${backend.name}: ${name.problem}`);
      else warnings.push(describeProblem(key, backend, name));
    }
    return {
      settings: expanded,
      problems: Array.from(problems, ([key, names]) => describeEmpty(key, names)),
      warnings,
    };
  }

  /** The backends of the settings of the last `update` that are left out now. */
  get unresolved(): readonly UnresolvedBackend[] {
    if (this.#settings === undefined) return [];
    return [...namedBackends(this.#settings)].flatMap(([{ key }, backend]) => {
      const { answer, problem = "it was not looked up yet" } = this.#nameOf(backend);
      return answer === undefined ? [{ listener: key, name: backend.name, problem }] : [];
    });
  }

  /**
   * Fills the last good answers in. A name that has none has no backend, so that a listener may be
   * left with none at all.
   *
   * @param settings as they were read from the file
   */
  expand(settings: Settings): Settings {
    const listeners = settings.listeners.map((listener) => {
      if (!listener.backends.some(isNamed)) return listener;
      const backends = listener.backends.flatMap((backend) => this.#expand(listener, backend));
      // A host may be named by itself and as a place of a service.
      const byName = new Map(backends.toReversed().map((backend) => [backend.name, backend]));
      return { ...listener, backends: backends.filter((each) => byName.get(each.name) === each) };
    });
    return { ...settings, listeners };
  }

  /**
   * Goes on looking up what these settings name, and nothing else.
   *
   * @param settings as they were read from the file, and in force
   */
  update(settings: Settings): void {
    this.#settings = settings;
    const intervals = new Map<HostName | ServiceName, number>();
    for (const [listener, backend] of namedBackends(settings)) {
      const name = this.#nameOf(backend);
      const shortest = intervals.get(name) ?? Infinity;
      intervals.set(
        name,
        isWatched(listener) ? Math.min(shortest, intervalOf(listener)) : shortest,
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

  #expand(listener: ListenerSettings, backend: BackendSettings): BackendSettings[] {
    if (backend.kind === "address") return [backend];
    if (backend.kind === "service") {
      const places = this.#serviceOf(backend.address.hostname).answer;
      return places === undefined ? [] : expandService(backend, places);
    }
    const addresses = this.#hostOf(backend.address.hostname).answer;
    if (addresses === undefined) return [];
    if (isWatched(listener)) return expandHost(backend, addresses);
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
      schedule: this.#schedule,
      random: this.#random,
    };
  }

  #tell(): void {
    if (this.#settings === undefined || this.#cancelTelling !== undefined) return;
    this.#cancelTelling = this.#schedule(() => {
      this.#cancelTelling = undefined;
      if (this.#settings !== undefined) this.#onChange(this.expand(this.#settings));
    }, GATHER_MS);
  }
}

function* namedBackends(settings: Settings): Generator<[ListenerSettings, BackendSettings]> {
  for (const listener of settings.listeners) {
    for (const backend of listener.backends) if (isNamed(backend)) yield [listener, backend];
  }
}

function describeProblem(
  listener: string,
  { name }: BackendSettings,
  { problem, failed, answer }: HostName | ServiceName,
): string {
  const consequence = !failed
    ? "the rest of it is served"
    : answer === undefined
    ? "it is left out until it has an address"
    : "it keeps the addresses that it had";
  return `Could not resolve backend ${name} of listener ${listener}: ${problem}; ${consequence}`;
}

function describeEmpty(listener: string, names: readonly string[]): string {
  return `Listener ${listener} has no backend, because none of its names could be resolved ` +
    `(${names.join(", ")}), and allow_empty is 0`;
}

function isNamed({ kind }: BackendSettings): boolean {
  return kind !== "address";
}

function isWatched({ resolveIntervalMs, preResolve }: ListenerSettings): boolean {
  return resolveIntervalMs > 0 || !preResolve;
}

function intervalOf({ resolveIntervalMs }: ListenerSettings): number {
  return resolveIntervalMs > 0 ? resolveIntervalMs : DEFAULT_INTERVAL_MS;
}
