import type { ListenerSettings, Settings } from "../config/settings.ts";
import { type EngineChoice, type EngineKind, findAbilities } from "../engine/choose_engine.ts";
import type { BindProblem, Generation } from "../engine/generation.ts";
import { ListenerTally } from "../state/counters.ts";
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
  /** The listeners that another engine has served so far. */
  readonly moved: readonly ListenerSettings[];
}

/** Whether a worker is to accept clients, or only to finish the sessions that it has. */
export type IsServing = (worker: WorkerHandle) => boolean;

/** What the workers serve: the generation in force, and how the next one takes its place. */
export class Generations implements BoundSockets {
  /** Knows the rows, and each backend's wanted weight and mode. */
  readonly planner: Planner;
  /** Listeners of the first generation that ask for an engine that cannot be used. */
  readonly problems: readonly BindProblem[];
  readonly #state: SharedState;
  readonly #abilities = findAbilities();
  #inForce: Draft;
  /** The engines of listeners that are leaving, by their identities. */
  readonly #formerEngines = new Map<string, EngineChoice>();

  /** Puts the first generation in force. Throws a `RangeError` if it has too many backends. */
  constructor(state: SharedState, settings: Settings) {
    const { table, problems } = EngineTable.choose(settings, this.#abilities);
    this.#state = state;
    this.problems = problems;
    this.planner = new Planner(state);
    this.#inForce = { settings, engines: table, plan: this.planner.plan(settings), moved: [] };
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

  /** The first generation, or the one that was put in force last. */
  get inForce(): Draft {
    return this.#inForce;
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

  /**
   * Plans the next generation. Returns the listeners that ask for an engine that cannot be used,
   * and no draft if there are any. Throws a `RangeError` if there are too many backends.
   */
  draft(
    settings: Settings,
  ): { readonly draft?: Draft; readonly problems: readonly BindProblem[] } {
    const { table: engines, problems } = EngineTable.choose(settings, this.#abilities);
    if (problems.length > 0) return { problems };
    const moved = settings.listeners.filter((listener) => engines.moves(listener, this.engines));
    return { draft: { settings, engines, plan: this.planner.plan(settings), moved }, problems };
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
   * Lets workers bind what is new in a draft. Returns what failed; rejects if a worker dies that
   * was not to end anyway.
   */
  async prepare(
    workers: Iterable<WorkerHandle>,
    draft: Draft,
    isServing: IsServing,
  ): Promise<readonly BindProblem[]> {
    const answers = await Promise.all(Array.from(workers, (worker) => {
      const prepared = worker.prepare(this.#shareOf(worker, draft, isServing(worker)));
      return worker.isDraining ? prepared.catch(() => []) : prepared;
    }));
    return answers.find((problems) => problems.length > 0) ?? [];
  }

  /**
   * Lets all workers serve what they have bound. The engines that take over listeners come first,
   * so that each address is served throughout. Resolves when every worker has answered or died:
   * from then on no worker uses an earlier generation.
   */
  async commit(workers: Iterable<WorkerHandle>): Promise<void> {
    const { engines, moved } = this.#inForce;
    const gaining = new Set(moved.map((listener) => engines.of(listener).engine));
    const all = [...workers];
    const commits: Promise<void>[] = [];
    for (const isFirst of [true, false]) {
      const group = all.filter(({ engine }) => gaining.has(engine) === isFirst);
      commits.push(...group.map((worker) => worker.commit()));
      await Promise.allSettled(commits);
    }
    this.planner.settle();
    await Promise.all(commits);
  }

  /**
   * What one worker is to serve. Clients from before of listeners that only others serve from now on
   * go on by the new plan.
   */
  #shareOf({ slot, engine }: WorkerHandle, draft: Draft, isServing: boolean): Generation {
    const { plan: { generation }, engines } = draft;
    const share = isServing ? engines.share(generation, engine) : { ...generation, listeners: [] };
    const finishing = generation.listeners.filter(({ settings, row }) =>
      (!isServing || engines.of(settings).engine !== engine) &&
      this.#hasClients(slot, row)
    );
    return { ...share, finishing };
  }

  /** Whether a worker has, or may still get, clients of a listener. */
  #hasClients(slot: number, row: number): boolean {
    // In this order: a socket that is still open may begin another session.
    return this.#state.listenerTally(slot, row, ListenerTally.sockets) > 0 ||
      this.#state.listenerTally(slot, row, ListenerTally.active) > 0;
  }
}
