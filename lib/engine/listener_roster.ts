import { type Address, formatAddress } from "../base/address.ts";
import { messageOf } from "../base/message_of.ts";
import type { BindProblem, Generation, ListenerPlan } from "./generation.ts";
import type { ListenerShare } from "./listener_share.ts";
import type { ListenerShares } from "./listener_shares.ts";

/** A listener of an engine: bound from the moment it is created. */
export interface EngineListener {
  /** What it has besides its socket, possibly taken over from an earlier listener. */
  readonly share: ListenerShare;
  /** Starts to accept clients. */
  serve(): void;
  /** Applies new settings to new sessions. */
  update(plan: ListenerPlan, share: ListenerShare): void;
  /**
   * Stops accepting once the clients in the socket's queue have been served. Resolves to true when
   * no further session can begin, and to false if it was revived before that.
   */
  retire(): Promise<boolean>;
  /** Cancels a retirement and goes on accepting. Returns false if it is too late for that. */
  revive(): boolean;
  /** Stops accepting, at once. */
  close(): void;
}

/** A generation that is bound and not served yet. */
interface Prepared<Listener> {
  readonly generation: Generation;
  /** The new listeners, by address. */
  readonly bound: ReadonlyMap<string, Listener>;
  /** The listeners that were about to be closed and now go on, by address. */
  readonly revived: ReadonlyMap<string, Listener>;
}

/**
 * The listeners of one worker, from one generation to the next: the address decides what stays
 * bound, and a new generation is applied in two steps, as described at {@linkcode Engine}.
 *
 * A listener that comes back while it is about to be closed keeps the socket that it has: a second
 * one beside it would get only some of its clients, and the rest would find that the first one
 * accepts nobody.
 */
export class ListenerRoster<Listener extends EngineListener> {
  readonly #shares: ListenerShares;
  readonly #bind: (plan: ListenerPlan, address: Address, share: ListenerShare) => Listener;
  /** By address. */
  #listeners: ReadonlyMap<string, Listener> = new Map();
  /** The listeners to be closed once their queues are empty, by address. */
  readonly #retiring = new Map<string, Listener>();
  /** Each resolves when one of them has closed, or was revived. */
  readonly #retirements = new Set<Promise<void>>();
  #prepared: Prepared<Listener> | undefined;
  /** Whether all listeners retire for good, and no other is bound. */
  #isEnding = false;

  /** @param bind creates a listener, and throws if its address cannot be bound */
  constructor(
    shares: ListenerShares,
    bind: (plan: ListenerPlan, address: Address, share: ListenerShare) => Listener,
  ) {
    this.#shares = shares;
    this.#bind = bind;
  }

  /** Binds the new listeners. Returns those that could not be bound. */
  prepare(generation: Generation): readonly BindProblem[] {
    const bound = new Map<string, Listener>();
    const revived = new Map<string, Listener>();
    const problems: BindProblem[] = [];
    this.#shares.forgetUnused();
    for (const [plan, place] of this.#isEnding ? [] : bindingsOf(generation)) {
      const address = formatAddress(place);
      if (this.#listeners.has(address)) continue;
      const retiring = this.#retiring.get(address);
      if (retiring?.revive()) {
        this.#retiring.delete(address);
        revived.set(address, retiring);
        continue;
      }
      try {
        bound.set(address, this.#open(plan, place));
      } catch (error) {
        const which = plan.settings.addresses.length > 1 ? ` (${address})` : "";
        problems.push({ listener: plan.settings.key, message: `${messageOf(error)}${which}` });
      }
    }
    this.#prepared = { generation, bound, revived };
    return problems;
  }

  /** Serves the prepared generation, and returns it. Throws an `Error` if there is none. */
  commit(): Generation {
    if (this.#prepared === undefined) throw new Error("There is no prepared generation to commit");
    const { generation, bound, revived } = this.#prepared;
    this.#shares.updatePools(generation);
    if (this.#isEnding) this.abort();
    else this.#serve(generation, bound, revived);
    this.#prepared = undefined;
    for (const plan of generation.finishing ?? []) this.#finish(plan);
    return generation;
  }

  #serve(
    generation: Generation,
    bound: ReadonlyMap<string, Listener>,
    revived: ReadonlyMap<string, Listener>,
  ): void {
    const listeners = new Map<string, Listener>();
    for (const [plan, place] of bindingsOf(generation)) {
      const address = formatAddress(place);
      const fresh = bound.get(address);
      const listener = fresh ?? revived.get(address) ?? this.#listeners.get(address);
      if (listener === undefined) throw new Error(`The listener at ${address} was not prepared`);
      const share = this.#shares.of(plan);
      if (listener.share !== share) {
        // The address is another listener's from now on, which goes on with the same socket.
        listener.share.closed();
        share.opened();
      }
      share.update(plan, this.#shares.poolOf(plan.pool));
      listener.update(plan, share);
      fresh?.serve();
      listeners.set(address, listener);
    }
    for (const [address, listener] of this.#listeners) {
      if (!listeners.has(address)) this.#retire(address, listener);
    }
    this.#listeners = listeners;
  }

  /** Applies new settings to what is left of a listener that other workers serve. */
  #finish(plan: ListenerPlan): void {
    const share = this.#shares.update(plan);
    if (share === undefined) return;
    for (const place of plan.settings.addresses) {
      const listener = this.#retiring.get(formatAddress(place));
      if (listener?.share === share) listener.update(plan, share);
    }
  }

  /** Undoes `prepare`. */
  abort(): void {
    for (const listener of this.#prepared?.bound.values() ?? []) {
      listener.close();
      listener.share.closed();
    }
    for (const [address, listener] of this.#prepared?.revived ?? []) {
      this.#retire(address, listener);
    }
    this.#prepared = undefined;
  }

  /**
   * Stops accepting on every listener once the queues are empty, and resolves when all are closed,
   * those included that were retiring already. Nothing is bound or revived from then on.
   */
  async retireAll(): Promise<void> {
    this.#isEnding = true;
    const { generation, bound, revived } = this.#prepared ?? {};
    for (const listeners of [this.#listeners, revived]) {
      for (const [address, listener] of listeners ?? []) this.#retire(address, listener);
    }
    this.#listeners = new Map();
    if (generation !== undefined && bound !== undefined) {
      this.#prepared = { generation, bound, revived: new Map() };
    }
    await Promise.all(this.#retirements);
  }

  /**
   * Stops accepting on every listener at once, because the thread is ending. Its sockets stay
   * counted: the main thread subtracts them with everything else that the worker has counted.
   */
  closeAll(): void {
    const { bound, revived } = this.#prepared ?? {};
    for (const listeners of [this.#listeners, this.#retiring, bound, revived]) {
      for (const listener of listeners?.values() ?? []) listener.close();
    }
    this.#prepared = undefined;
  }

  #open(plan: ListenerPlan, address: Address): Listener {
    const listener = this.#bind(plan, address, this.#shares.of(plan));
    listener.share.opened();
    return listener;
  }

  #retire(address: string, listener: Listener): void {
    const retirement = this.#closeOnceEmpty(address, listener);
    this.#retirements.add(retirement);
    void retirement.then(() => this.#retirements.delete(retirement));
  }

  async #closeOnceEmpty(address: string, listener: Listener): Promise<void> {
    this.#retiring.set(address, listener);
    if (!await listener.retire()) return;
    if (this.#retiring.get(address) === listener) this.#retiring.delete(address);
    listener.share.closed();
  }
}

/** Every address of a generation, with the listener that is bound to it. */
function* bindingsOf({ listeners }: Generation): Iterable<[ListenerPlan, Address]> {
  for (const plan of listeners) {
    for (const address of plan.settings.addresses) yield [plan, address];
  }
}
