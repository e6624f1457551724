import type { Children } from "./children.ts";
import type { Contestant, PlannedListener, Proxy } from "./contestants/contestant.ts";
import type { Effort } from "./effort.ts";
import type { Figures, Sample } from "./sample.ts";
import type { Traffic } from "./traffic/traffic.ts";
import type { Endpoint } from "./traffic/wire.ts";

/** A contestant that runs during all loads of one worker count. */
export interface Standing {
  readonly contestant: Contestant;
  readonly proxy: Proxy;
  readonly echo: Endpoint;
  readonly source: Endpoint;
  readonly sink: Endpoint;
}

/** What {@linkcode Stage.record} is passed about a sample besides its figures. */
export interface SampleLabel {
  readonly load: string;
  readonly contestant: Contestant;
  readonly round: number;
  readonly series?: string;
  readonly step?: string;
  readonly errors?: number;
  readonly detail?: Readonly<Record<string, number>>;
}

/** What all stages of one run share. */
export interface StageInputs {
  readonly contestants: readonly Contestant[];
  readonly traffic: Traffic;
  readonly children: Children;
  readonly effort: Effort;
  /** The run's temporary folder. */
  readonly folder: string;
  readonly maxSessions: number;
  readonly record: (sample: Sample) => void;
  /** Called with what went wrong with a contestant; the run goes on without that figure. */
  readonly complain: (problem: string) => void;
  readonly progress: (text: string) => void;
}

/** The contestants at one worker count, all alive, and what a load needs to measure them. */
export class Stage {
  readonly workers: number;
  readonly inputs: StageInputs;
  #standing: Standing[] = [];
  #stopped = false;

  constructor(workers: number, inputs: StageInputs) {
    this.workers = workers;
    this.inputs = inputs;
  }

  get standing(): readonly Standing[] {
    return this.#standing;
  }

  get effort(): Effort {
    return this.inputs.effort;
  }

  get traffic(): Traffic {
    return this.inputs.traffic;
  }

  /** Starts every contestant; one that does not start is left out and complained about. */
  async raise(): Promise<void> {
    const { echo, source, sink } = this.traffic.backends;
    const listeners = [{ backends: echo }, { backends: [source] }, { backends: [sink] }];
    for (const contestant of this.inputs.contestants) {
      const proxy = await this.open(contestant, listeners);
      if (proxy === null) continue;
      const [first, second, third] = proxy.endpoints as [Endpoint, Endpoint, Endpoint];
      this.#standing.push({ contestant, proxy, echo: first, source: second, sink: third });
    }
  }

  /** Starts one more instance of a contestant; null, with a complaint, if it does not start. */
  async open(
    contestant: Contestant,
    listeners: readonly PlannedListener[],
  ): Promise<Proxy | null> {
    const { children, maxSessions } = this.inputs;
    const folder = await Deno.makeTempDir({ dir: this.inputs.folder, prefix: contestant.name });
    const plan = { workers: this.workers, listeners, maxSessions, folder, children };
    try {
      return await contestant.start(plan);
    } catch (error) {
      if (this.#stopped || !(error instanceof Error)) throw error;
      this.inputs.complain(`${contestant.name} did not start: ${error.message}`);
      return null;
    }
  }

  record(figures: Figures, label: SampleLabel): void {
    const { load, contestant, round, series = "", step = "", errors = 0, detail } = label;
    this.inputs.record({
      workers: this.workers,
      load,
      series,
      step,
      contestant: contestant.name,
      round,
      figures,
      errors,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  /** Calls once for each round and item; each round starts one item further on. */
  async interleave<T>(
    items: readonly T[],
    visit: (item: T, round: number) => Promise<void>,
  ): Promise<void> {
    for (let round = 1; round <= this.effort.rounds; round += 1) {
      for (let place = 0; place < items.length; place += 1) {
        await visit(items[(place + round - 1) % items.length] as T, round);
      }
    }
  }

  async strike(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#standing.map(({ proxy }) => proxy.stop()));
    this.#standing = [];
  }
}
