import { formatAddress } from "../../base/address.ts";
import type { Engine } from "../engine.ts";
import type { EngineInputs } from "../engine_inputs.ts";
import type { BindProblem, Generation, ListenerPlan } from "../generation.ts";
import { Dialer } from "./dialer.ts";
import { EpollLoop } from "./epoll_loop.ts";
import type { Libc } from "./libc.ts";
import { NativeListener } from "./native_listener.ts";
import type { NativeSession, Workshop } from "./native_session.ts";
import { Pump } from "./pump.ts";
import { SessionTable } from "./session_table.ts";

/** A generation that is bound and waits to be served. */
interface Prepared {
  readonly generation: Generation;
  /** Those that are new, by address. */
  readonly bound: ReadonlyMap<string, NativeListener>;
}

/**
 * Moves bytes with the system calls of Linux itself, by way of the C library.
 *
 * It does nothing unless {@linkcode run} is called again and again, in which the thread sleeps.
 */
export class NativeEngine implements Engine {
  readonly #inputs: EngineInputs;
  readonly #workshop: Workshop;
  /** By address: what stays bound over a reload is decided by it. */
  #listeners: ReadonlyMap<string, NativeListener> = new Map();
  /** Those that are to be closed once their queues are empty. */
  readonly #retiring = new Set<NativeListener>();
  #prepared: Prepared | undefined;

  /** Throws a `LibcError` where no descriptor can be had. */
  constructor(libc: Libc, inputs: EngineInputs) {
    this.#inputs = inputs;
    this.#workshop = {
      libc,
      loop: new EpollLoop(libc),
      pump: new Pump(libc),
      dialer: new Dialer(libc),
      sessions: new SessionTable<NativeSession>(),
    };
  }

  /** What the engine sleeps in. */
  get loop(): EpollLoop {
    return this.#workshop.loop;
  }

  prepare(generation: Generation): readonly BindProblem[] {
    const bound = new Map<string, NativeListener>();
    const problems: BindProblem[] = [];
    for (const plan of generation.listeners) {
      const address = formatAddress(plan.settings.address);
      if (this.#listeners.has(address)) continue;
      try {
        bound.set(address, new NativeListener(plan, this.#inputs, this.#workshop));
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
    const listeners = new Map<string, NativeListener>();
    for (const plan of generation.listeners) {
      const address = formatAddress(plan.settings.address);
      listeners.set(address, this.#takeOver(plan, address, bound));
    }
    for (const [address, listener] of this.#listeners) {
      if (!listeners.has(address)) void this.#retire(listener);
    }
    this.#listeners = listeners;
  }

  abort(): void {
    for (const listener of this.#prepared?.bound.values() ?? []) listener.close();
    this.#prepared = undefined;
  }

  sessions(): Iterable<NativeSession> {
    return this.#workshop.sessions;
  }

  async drain(timeoutMs: number, spreadMs: number): Promise<number> {
    await Promise.all([...this.#listeners.values()].map((listener) => this.#retire(listener)));
    await this.#idle(timeoutMs);
    const cut = await this.#cutAll(spreadMs);
    this.#workshop.pump.close();
    return cut;
  }

  close(): void {
    this.abort();
    for (const listener of this.#listeners.values()) listener.close();
    for (const listener of this.#retiring) listener.close();
    for (const session of [...this.#workshop.sessions]) cutForGood(session);
    this.#workshop.pump.close();
    this.#workshop.loop.close();
  }

  #takeOver(
    plan: ListenerPlan,
    address: string,
    bound: ReadonlyMap<string, NativeListener>,
  ): NativeListener {
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

  async #retire(listener: NativeListener): Promise<void> {
    this.#retiring.add(listener);
    await listener.retire();
    this.#retiring.delete(listener);
  }

  /** Cuts the sessions that are left, one after the other over so long; gives how many they were. */
  async #cutAll(spreadMs: number): Promise<number> {
    const { sessions, loop } = this.#workshop;
    const left = [...sessions];
    const pauseMs = spreadMs / left.length;
    let cut = 0;
    for (const session of left) {
      if (session.isOver) continue;
      if (cut > 0 && pauseMs > 0) await loop.sleep(pauseMs);
      if (session.isOver) continue;
      session.cut("drain");
      cut++;
    }
    return cut;
  }

  /** Waits until there is no session, at most so long. */
  async #idle(timeoutMs: number): Promise<void> {
    const { sessions, loop } = this.#workshop;
    if (sessions.size === 0) return;
    await new Promise<void>((resolve) => {
      const alarm = loop.setAlarm(timeoutMs, done);
      sessions.onceEmpty(done);
      function done(): void {
        sessions.onceEmpty(undefined);
        loop.stopAlarm(alarm);
        loop.requestTurn();
        resolve();
      }
    });
  }
}

/** Cuts a session when the thread is about to end, and may be in disorder. */
function cutForGood(session: NativeSession): void {
  try {
    session.cut("operator");
  } catch {
    // Its descriptors are closed before anything is counted or logged, which is what matters now.
  }
}
