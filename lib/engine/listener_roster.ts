import { formatAddress } from "../base/address.ts";
import { messageOf } from "../base/message_of.ts";
import type { BindProblem, Generation, ListenerPlan } from "./generation.ts";

/** A listener as an engine has it: bound from the moment it is made. */
export interface EngineListener {
  /** Starts to accept clients. */
  serve(): void;
  /** Takes over new settings for the sessions to come. */
  update(plan: ListenerPlan): void;
  /** Stops accepting once the clients that wait in the queue have been served. */
  retire(): Promise<void>;
  /** Stops accepting, at once. */
  close(): void;
}

/** A generation that is bound and waits to be served. */
interface Prepared<Listener> {
  readonly generation: Generation;
  /** Those that are new, by address. */
  readonly bound: ReadonlyMap<string, Listener>;
}

/**
 * The listeners of one worker, from one generation to the next: what stays bound is decided by the
 * address, and a new generation is taken over in two steps, as {@linkcode Engine} says.
 */
export class ListenerRoster<Listener extends EngineListener> {
  readonly #bind: (plan: ListenerPlan) => Listener;
  /** By address. */
  #listeners: ReadonlyMap<string, Listener> = new Map();
  /** Those that are to be closed once their queues are empty. */
  readonly #retiring = new Set<Listener>();
  #prepared: Prepared<Listener> | undefined;

  /** @param bind makes a listener, and throws where its address cannot be had */
  constructor(bind: (plan: ListenerPlan) => Listener) {
    this.#bind = bind;
  }

  /** Binds the listeners that are new. Gives those that could not be bound. */
  prepare(generation: Generation): readonly BindProblem[] {
    const bound = new Map<string, Listener>();
    const problems: BindProblem[] = [];
    for (const plan of generation.listeners) {
      const address = formatAddress(plan.settings.address);
      if (this.#listeners.has(address)) continue;
      try {
        bound.set(address, this.#bind(plan));
      } catch (error) {
        const message = messageOf(error);
        problems.push({ listener: plan.settings.key, message });
      }
    }
    this.#prepared = { generation, bound };
    return problems;
  }

  /** Serves the prepared generation, and gives it. Throws an `Error` where there is none. */
  commit(): Generation {
    if (this.#prepared === undefined) throw new Error("There is no prepared generation to commit");
    const { generation, bound } = this.#prepared;
    this.#prepared = undefined;
    const listeners = new Map<string, Listener>();
    for (const plan of generation.listeners) {
      const address = formatAddress(plan.settings.address);
      listeners.set(address, this.#takeOver(plan, address, bound));
    }
    for (const [address, listener] of this.#listeners) {
      if (!listeners.has(address)) void this.#retire(listener);
    }
    this.#listeners = listeners;
    return generation;
  }

  /** Closes what `prepare` has bound. */
  abort(): void {
    for (const listener of this.#prepared?.bound.values() ?? []) listener.close();
    this.#prepared = undefined;
  }

  /** Stops accepting, at every listener, once the queues are empty. */
  async retireAll(): Promise<void> {
    await Promise.all([...this.#listeners.values()].map((listener) => this.#retire(listener)));
  }

  /** Stops accepting, at every listener, at once. */
  closeAll(): void {
    this.abort();
    for (const listener of this.#listeners.values()) listener.close();
    for (const listener of this.#retiring) listener.close();
  }

  #takeOver(
    plan: ListenerPlan,
    address: string,
    bound: ReadonlyMap<string, Listener>,
  ): Listener {
    const fresh = bound.get(address);
    if (fresh !== undefined) {
      fresh.serve();
      return fresh;
    }
    const listener = this.#listeners.get(address);
    if (listener === undefined) throw new Error(`The listener at ${address} was not prepared`);
    listener.update(plan);
    return listener;
  }

  async #retire(listener: Listener): Promise<void> {
    this.#retiring.add(listener);
    await listener.retire();
    this.#retiring.delete(listener);
  }
}
