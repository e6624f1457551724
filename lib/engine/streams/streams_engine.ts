import { formatAddress } from "../../base/address.ts";
import type { ListenerSettings } from "../../config/settings.ts";
import type { Engine } from "../engine.ts";
import type { EngineInputs } from "../engine_inputs.ts";
import type { BindProblem, Generation, ListenerPlan } from "../generation.ts";
import { Listener, type SessionKeeper } from "./listener.ts";
import type { Session } from "./session.ts";
import { Sweeper } from "./sweeper.ts";

/** A generation that is bound and waits to be served. */
interface Prepared {
  readonly generation: Generation;
  /** Those that are new, by address. */
  readonly bound: ReadonlyMap<string, Listener>;
}

/** Moves bytes with Web Streams: works wherever Deno does. */
export class StreamsEngine implements Engine, SessionKeeper {
  readonly #inputs: EngineInputs;
  readonly #sessions = new Set<Session>();
  readonly #sweeper = new Sweeper(this.#sessions);
  /** By address: what stays bound over a reload is decided by it. */
  #listeners: ReadonlyMap<string, Listener> = new Map();
  #prepared: Prepared | undefined;
  /** Called when the last session has ended, while a drain waits for it. */
  #onIdle: (() => void) | undefined;

  constructor(inputs: EngineInputs) {
    this.#inputs = inputs;
  }

  prepare(generation: Generation): readonly BindProblem[] {
    const bound = new Map<string, Listener>();
    const problems: BindProblem[] = [];
    for (const plan of generation.listeners) {
      const address = formatAddress(plan.settings.address);
      if (this.#listeners.has(address)) continue;
      try {
        bound.set(address, new Listener(plan, this.#inputs, this));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        problems.push({ listener: plan.settings.key, message });
      }
    }
    this.#prepared = { generation, bound };
    return problems;
  }

  commit(): void {
    if (this.#prepared === undefined) throw new Error("There is no prepared generation to commit");
    const { generation, bound } = this.#prepared;
    this.#prepared = undefined;
    const listeners = new Map<string, Listener>();
    for (const plan of generation.listeners) {
      const address = formatAddress(plan.settings.address);
      listeners.set(address, this.#takeOver(plan, address, bound));
    }
    for (const [address, listener] of this.#listeners) {
      if (!listeners.has(address)) listener.retire();
    }
    this.#listeners = listeners;
    this.#sweeper.setShortestTimeout(shortestTimeoutMs(generation));
  }

  abort(): void {
    for (const listener of this.#prepared?.bound.values() ?? []) listener.close();
    this.#prepared = undefined;
  }

  sessions(): Iterable<Session> {
    return this.#sessions;
  }

  async drain(timeoutMs: number, spreadMs: number): Promise<number> {
    await Promise.all([...this.#listeners.values()].map((listener) => listener.retire()));
    await this.#idle(timeoutMs);
    const cut = await this.#cutAll(spreadMs);
    // A session that was cut ends as soon as its pending calls have been told.
    await this.#idle(undefined);
    this.#stop();
    return cut;
  }

  close(): void {
    this.abort();
    for (const listener of this.#listeners.values()) listener.close();
    for (const session of this.#sessions) session.cut("operator");
    this.#stop();
  }

  sessionStarted(session: Session): void {
    this.#sessions.add(session);
    this.#sweeper.wake();
  }

  sessionEnded(session: Session): void {
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#onIdle?.();
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

  /** Cuts the sessions that are left, one after the other over so long; gives how many they were. */
  async #cutAll(spreadMs: number): Promise<number> {
    let cut = 0;
    const pauseMs = spreadMs / this.#sessions.size;
    for (const session of [...this.#sessions]) {
      if (!this.#sessions.has(session)) continue;
      if (cut > 0 && pauseMs > 0) await this.#idle(pauseMs);
      session.cut("drain");
      cut++;
    }
    return cut;
  }

  /** Waits until there is no session, at most so long. */
  async #idle(timeoutMs: number | undefined): Promise<void> {
    if (this.#sessions.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#onIdle = undefined;
  }

  #stop(): void {
    this.#sweeper.stop();
  }
}

function shortestTimeoutMs(generation: Generation): number {
  const timeouts = generation.listeners.flatMap(({ settings }) => timeoutsOf(settings));
  return Math.min(...timeouts.filter((timeoutMs) => timeoutMs > 0));
}

function timeoutsOf(settings: ListenerSettings): number[] {
  return [
    settings.connectTimeoutMs,
    settings.idleTimeoutMs,
    settings.firstByteTimeoutMs,
    settings.halfCloseTimeoutMs,
    settings.sessionTimeoutMs,
    settings.queueTimeoutMs,
  ];
}
