import { assert, assertEquals } from "@std/assert";
import type { Scheduler } from "../../../lib/base/scheduler.ts";
import { parseSettings } from "../../../lib/config/load_settings.ts";
import type { BackendSettings, Settings } from "../../../lib/config/settings.ts";
import { Discovery } from "../../../lib/discovery/discovery.ts";
import type { Resolver, ServiceRecord } from "../../../lib/discovery/resolver.ts";
import { configureLogging, resetLogging } from "../../../lib/log/logging.ts";

/** Names whose answers a test sets; a list is an answer, an error is a failure. */
export class FakeNames implements Resolver {
  readonly hosts = new Map<string, readonly string[] | Error>();
  readonly records = new Map<string, readonly ServiceRecord[] | Error>();
  readonly asked: string[] = [];
  /** Holds every answer back while set. */
  gate: Promise<void> | undefined;

  addresses(hostname: string): Promise<readonly string[]> {
    return this.#answer(hostname, this.hosts);
  }

  services(name: string): Promise<readonly ServiceRecord[]> {
    return this.#answer(name, this.records);
  }

  async #answer<T>(name: string, answers: Map<string, T | Error>): Promise<T> {
    this.asked.push(name);
    await this.gate;
    const answer = answers.get(name) ?? new Error("not found");
    if (answer instanceof Error) throw answer;
    return answer;
  }
}

/** Timers that fire when a test says so. */
export class Timers implements Pick<Scheduler, "after"> {
  readonly #timers = new Set<{ run: () => void; delayMs: number }>();

  readonly after = (delayMs: number, run: () => void): () => void => {
    const timer = { run, delayMs };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  get delaysMs(): number[] {
    return [...this.#timers].map(({ delayMs }) => delayMs).toSorted((a, b) => a - b);
  }

  /** Fires the timers that wait for this long, and lets everything that follows settle. */
  async fire(delayMs: number): Promise<void> {
    for (const timer of [...this.#timers]) {
      if (timer.delayMs !== delayMs) continue;
      this.#timers.delete(timer);
      timer.run();
    }
    await settle();
  }
}

/** Lets every promise settle that can. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** A discovery over names and timers that the test holds, and what it reports. */
export class DiscoveryRig {
  readonly names = new FakeNames();
  readonly timers = new Timers();
  readonly told: Settings[] = [];
  readonly logged: string[] = [];
  readonly discovery = new Discovery({
    resolver: this.names,
    onChange: (settings) => this.told.push(settings),
    scheduler: this.timers,
    random: () => 0,
  });

  constructor() {
    configureLogging({
      level: "info",
      format: "text",
      write: (line) => this.logged.push(line),
    });
  }

  async start(settings: Settings): Promise<Settings> {
    const { settings: expanded } = await this.discovery.resolveFirst(settings);
    this.discovery.update(settings);
    return expanded;
  }

  /** One round of look-ups, and its results. */
  async round(intervalMs = 10_000): Promise<void> {
    await this.timers.fire(intervalMs);
    await this.timers.fire(50);
  }

  [Symbol.dispose](): void {
    this.discovery.stop();
    assertEquals(this.timers.delaysMs, []);
    resetLogging();
  }
}

/** The settings of one listener and its pool. */
export function settingsOf(backends: string, options = "resolve = 10s"): Settings {
  const text = `[options]\n${options}\n[mappings]\n2000 = ${backends}\n`;
  const { settings } = parseSettings(text, "test.cfg", { cores: 1, privileged: true });
  assert(settings !== undefined);
  return settings;
}

export function backendsOf(settings: Settings | undefined): readonly BackendSettings[] {
  return settings?.pools[0]?.backends ?? [];
}

export function namesOf(settings: Settings | undefined): string[] {
  return backendsOf(settings).map(({ name }) => name);
}
