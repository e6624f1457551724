import type { BackendProcess } from "../support/backend_process.ts";
import { pause } from "../support/patience.ts";
import type { ReloadableWeir } from "../support/reloadable_weir.ts";
import { badConfig, soakConfig, type SoakPlaces } from "./soak_config.ts";

/** A backend that was killed. */
export interface Kill {
  /** As in the access log. */
  readonly backend: string;
  /** Before and after it, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What happens while clients come: one event after another, until told to stop. */
export class SoakEvents {
  readonly #weir: ReloadableWeir;
  readonly #places: SoakPlaces;
  /** The first one stays, so there is always a backend to serve clients. */
  readonly #backends: readonly BackendProcess[];
  readonly #random: () => number;
  readonly kills: Kill[] = [];
  /** How often each event has happened. */
  readonly counts = { stops: 0, kills: 0, reloads: 0, bad_files: 0, reopenings: 0 };

  constructor(
    weir: ReloadableWeir,
    places: SoakPlaces,
    backends: readonly BackendProcess[],
    random: () => number,
  ) {
    this.#weir = weir;
    this.#places = places;
    this.#backends = backends;
    this.#random = random;
  }

  /** Continues until a moment, and leaves every backend running. */
  async runUntil(endMs: number): Promise<void> {
    while (performance.now() < endMs) {
      await this.#one();
      await pause(100 + 900 * this.#random());
    }
  }

  async #one(): Promise<void> {
    const choice = this.#random();
    if (choice < 0.25) return await this.#stop();
    if (choice < 0.45) return await this.#kill();
    if (choice < 0.85) return await this.#reload();
    if (choice < 0.93) return await this.#reloadBadly();
    this.counts.reopenings++;
    this.#weir.process.signal("SIGUSR2");
  }

  async #stop(): Promise<void> {
    const backend = this.#flapping();
    this.counts.stops++;
    await backend.stop();
    await pause(1_500 * this.#random());
    await backend.start();
  }

  async #kill(): Promise<void> {
    const backend = this.#flapping();
    this.counts.kills++;
    const fromMs = Date.now();
    await backend.kill();
    this.kills.push({ backend: backend.name, fromMs, toMs: Date.now() });
    await pause(1_500 * this.#random());
    await backend.start();
  }

  async #reload(): Promise<void> {
    this.counts.reloads++;
    const signal = this.#random() < 0.8 ? "SIGHUP" : "SIGUSR1";
    const told = await this.#weir.reload(soakConfig(this.#places, this.#random), signal);
    if (!told.includes("Reloaded (")) throw new Error(`A good file was not applied:\n${told}`);
  }

  async #reloadBadly(): Promise<void> {
    this.counts.bad_files++;
    const told = await this.#weir.reload(badConfig(this.#places));
    if (!told.includes("weir.cfg:2:")) throw new Error(`An error was not reported:\n${told}`);
  }

  #flapping(): BackendProcess {
    const [, ...others] = this.#backends;
    return others[Math.floor(others.length * this.#random())] as BackendProcess;
  }
}
