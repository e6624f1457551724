import { messageOf } from "../base/message_of.ts";
import { poolOf } from "../config/pool_of.ts";
import type { ListenerSettings, PoolSettings, Settings } from "../config/settings.ts";
import {
  chooseEngine,
  type EngineAbilities,
  type EngineChoice,
  type EngineKind,
  findNativeObstacle,
  findStreamsObstacle,
} from "../engine/choose_engine.ts";
import type { BindProblem, Generation } from "../engine/generation.ts";

/** The result of choosing an engine for every listener. */
export interface ChosenEngines {
  readonly table: EngineTable;
  /** Listeners whose settings cannot be met. */
  readonly problems: readonly BindProblem[];
}

/**
 * Which engine serves which listener. A listener keeps the engine it started with for as long as
 * it stays, because its sockets belong to that engine's workers.
 */
export class EngineTable {
  /** By the listener's identity. */
  readonly #choices: ReadonlyMap<string, EngineChoice>;

  private constructor(choices: ReadonlyMap<string, EngineChoice>) {
    this.#choices = choices;
  }

  /** @param before the engines in force; absent at the start */
  static choose(
    { listeners, pools }: Pick<Settings, "listeners" | "pools">,
    abilities: EngineAbilities,
    before?: EngineTable,
  ): ChosenEngines {
    const choices = new Map<string, EngineChoice>();
    const problems: BindProblem[] = [];
    for (const listener of listeners) {
      const kept = before === undefined ? undefined : before.#choices.get(listener.id);
      try {
        const pool = poolOf({ pools }, listener);
        choices.set(listener.id, choose(listener, pool, abilities, kept));
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

  /** The part of a generation that the workers of one engine serve. */
  share({ number, listeners, pools }: Generation, engine: EngineKind): Generation {
    const served = listeners.filter(({ settings }) => this.of(settings).engine === engine);
    const used = new Set(served.map(({ pool }) => pool));
    return { number, listeners: served, pools: pools.filter((pool) => used.has(pool)) };
  }
}

function choose(
  listener: ListenerSettings,
  pool: PoolSettings,
  abilities: EngineAbilities,
  kept: EngineChoice | undefined,
): EngineChoice {
  if (kept === undefined) return chooseEngine(listener, pool, abilities);
  const { engine } = kept;
  const obstacle = engine === "native"
    ? findNativeObstacle(listener, pool, abilities)
    : findStreamsObstacle(pool);
  if (obstacle === undefined) return kept;
  throw new Error(
    `Listener ${listener.key} has engine "${engine}", which only a restart can change: ${obstacle}`,
  );
}
