import type { ListenerSettings, Settings } from "../config/settings.ts";
import { type EngineChoice, type EngineKind, findAbilities } from "../engine/choose_engine.ts";
import type { BindProblem, Generation } from "../engine/generation.ts";
import type { SharedState } from "../state/shared_state.ts";
import { EngineTable } from "./engine_table.ts";
import { type Plan, Planner } from "./planner.ts";
import type { BoundSockets } from "./prepare_settings.ts";
import { listServed, type Served } from "./served_listener.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** A planned generation, with the settings it comes from and the engines that serve it. */
export interface Draft {
  readonly settings: Settings;
  readonly engines: EngineTable;
  readonly plan: Plan;
}

/** What the workers serve: the generation in force, and how the next one takes its place. */
export class Generations implements BoundSockets {
  /** Knows the rows, and each backend's wanted weight and mode. */
  readonly planner: Planner;
  /** Listeners of the first generation that ask for an engine that cannot be used. */
  readonly problems: readonly BindProblem[];
  readonly #abilities = findAbilities();
  #inForce: Draft;
  /** The engines of listeners that are leaving, by their identities. */
  readonly #formerEngines = new Map<string, EngineChoice>();

  /** Puts the first generation in force. Throws a `RangeError` if it has too many backends. */
  constructor(state: SharedState, settings: Settings) {
    const { table, problems } = EngineTable.choose(settings, this.#abilities);
    this.problems = problems;
    this.planner = new Planner(state);
    this.#inForce = { settings, engines: table, plan: this.planner.plan(settings) };
    this.#inForce.plan.apply();
  }

  /** The settings in force. */
  get settings(): Settings {
    return this.#inForce.settings;
  }

  /** The generation in force: which listener and backend has which row in the shared state. */
  get current(): Generation {
    return this.#inForce.plan.generation;
  }

  /** The engines in force. */
  get engines(): EngineTable {
    return this.#inForce.engines;
  }

  /** The engine that serves a listener that is in force or leaving, and why that one. */
  engineOf(listener: ListenerSettings): EngineChoice {
    return this.#formerEngines.get(listener.id) ?? this.engines.of(listener);
  }

  /** What is in force, and what was removed and still has sessions. */
  served(): Served {
    return listServed(
      this.current,
      this.planner.leaving(),
      (listener) => this.engineOf(listener),
    );
  }

  usable(wanted: Settings): readonly ListenerSettings[] {
    const comingBack = wanted.listeners.filter((listener) =>
      this.isClosing(listener) &&
      this.engineOf(listener).engine === this.#engineFor(listener, wanted)
    );
    return [...this.settings.listeners, ...comingBack];
  }

  isClosing({ id }: ListenerSettings): boolean {
    return this.planner.isClosing(id);
  }

  /** What the workers of one engine serve. */
  share(engine: EngineKind): Generation {
    return this.engines.share(this.current, engine);
  }

  /**
   * Plans the next generation. Returns the listeners that ask for an engine that cannot be used,
   * and no draft if there are any. Throws a `RangeError` if there are too many backends.
   */
  draft(
    settings: Settings,
  ): { readonly draft?: Draft; readonly problems: readonly BindProblem[] } {
    const { table, problems } = EngineTable.choose(settings, this.#abilities, this.engines);
    if (problems.length > 0) return { problems };
    return { draft: { settings, engines: table, plan: this.planner.plan(settings) }, problems };
  }

  /** The engine that a listener not yet in force would get; `undefined` where it can have none. */
  #engineFor(listener: ListenerSettings, { pools }: Settings): EngineKind | undefined {
    const one = { listeners: [listener], pools };
    const { table, problems } = EngineTable.choose(one, this.#abilities);
    return problems.length > 0 ? undefined : table.of(listener).engine;
  }

  /** Puts a draft in force, as far as the main thread is concerned. */
  enact(draft: Draft): void {
    for (const listener of this.settings.listeners) {
      this.#formerEngines.set(listener.id, this.engines.of(listener));
    }
    this.#inForce = draft;
    draft.plan.apply();
    const leaving = this.planner.leaving().listeners.map(({ settings }) => settings.id);
    const staying = draft.settings.listeners.map(({ id }) => id);
    const gone = new Set(leaving).difference(new Set(staying));
    for (const id of this.#formerEngines.keys()) {
      if (!gone.has(id)) this.#formerEngines.delete(id);
    }
  }

  /**
   * Lets workers bind what is new in a draft, or in the generation in force by default. Returns
   * what failed.
   */
  async prepare(
    workers: Iterable<WorkerHandle>,
    { plan, engines }: Draft = this.#inForce,
  ): Promise<readonly BindProblem[]> {
    const answers = await Promise.all(
      Array.from(
        workers,
        (worker) => worker.prepare(engines.share(plan.generation, worker.engine)),
      ),
    );
    return answers.find((problems) => problems.length > 0) ?? [];
  }

  /**
   * Lets all workers serve what they have bound. Resolves when every worker has answered or died:
   * from then on no worker uses an earlier generation.
   */
  async commit(workers: Iterable<WorkerHandle>): Promise<void> {
    const commits = Array.from(workers, (worker) => worker.commit());
    await Promise.allSettled(commits);
    this.planner.settle();
    await Promise.all(commits);
  }
}
