import { messageOf } from "../base/message_of.ts";
import { poolOf } from "../config/pool_of.ts";
import type { ListenerSettings, Settings } from "../config/settings.ts";
import {
  chooseEngine,
  type EngineAbilities,
  type EngineChoice,
  type EngineKind,
} from "../engine/choose_engine.ts";
import type { BindProblem, Generation } from "../engine/generation.ts";

/** The result of choosing an engine for every listener. */
export interface ChosenEngines {
  readonly table: EngineTable;
  /** Listeners whose settings cannot be met. */
  readonly problems: readonly BindProblem[];
}

/** Which engine serves which listener, by its settings alone. */
export class EngineTable {
  /** By the listener's identity. */
  readonly #choices: ReadonlyMap<string, EngineChoice>;

  private constructor(choices: ReadonlyMap<string, EngineChoice>) {
    this.#choices = choices;
  }

  static choose(
    { listeners, pools }: Pick<Settings, "listeners" | "pools">,
    abilities: EngineAbilities,
  ): ChosenEngines {
    const choices = new Map<string, EngineChoice>();
    const problems: BindProblem[] = [];
    for (const listener of listeners) {
      try {
        const pool = poolOf({ pools }, listener);
        choices.set(listener.id, chooseEngine(listener, pool, abilities));
      } catch (error) {
        const message = messageOf(error);
        problems.push({ listener: "", message });
      }
    }
    return { table: new EngineTable(choices), problems };
  }

  /** The engines that serve at least one listener. */
  get kinds(): ReadonlySet<EngineKind> {
    return new Set(Array.from(this.#choices.values(), ({ engine }) => engine));
  }

  /** The engine that was chosen for a listener. */
  of(listener: ListenerSettings): EngineChoice {
    const choice = this.#choices.get(listener.id);
    if (choice === undefined) throw new Error(`Listener ${listener.key} has no engine`);
    return choice;
  }

  /** Whether a listener moves to another engine, given the choices in force so far. */
  moves(listener: ListenerSettings, before: EngineTable): boolean {
    const old = before.#choices.get(listener.id);
    return old !== undefined && old.engine !== this.of(listener).engine;
  }

  /** The part of a generation that the workers of one engine serve. */
  share({ number, listeners, pools }: Generation, engine: EngineKind): Generation {
    const served = listeners.filter(({ settings }) => this.of(settings).engine === engine);
    return { number, listeners: served, pools };
  }
}
