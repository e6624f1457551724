import type { Engine } from "../engine.ts";
import type { EngineInputs } from "../engine_inputs.ts";
import type { BindProblem, Generation, ListenerPlan } from "../generation.ts";
import { ListenerRoster } from "../listener_roster.ts";
import { ListenerShares } from "../listener_shares.ts";
import { Lingering } from "./lingering.ts";
import { Listener, type SessionKeeper } from "./listener.ts";
import type { Session } from "./session.ts";
import { Sweeper } from "./sweeper.ts";

/** Moves bytes with Web Streams: runs wherever Deno does. */
export class StreamsEngine implements Engine, SessionKeeper {
  readonly lingering = new Lingering();
  readonly #sessions = new Set<Session>();
  readonly #sweeper = new Sweeper(this.#sessions);
  readonly #listeners: ListenerRoster<Listener>;
  /** Called when the last session has ended, while drains wait for that. */
  readonly #onIdle = new Set<() => void>();

  constructor(inputs: EngineInputs) {
    this.#listeners = new ListenerRoster(
      new ListenerShares(inputs, (afterMs, ring) => setTimeout(ring, afterMs)),
      (plan, address, share) => new Listener(plan, address, share, this),
    );
  }

  prepare(generation: Generation): readonly BindProblem[] {
    return this.#listeners.prepare(generation);
  }

  commit(): void {
    this.#sweeper.setShortestTimeout(shortestTimeoutMs(this.#listeners.commit()));
  }

  abort(): void {
    this.#listeners.abort();
  }

  sessions(): Iterable<Session> {
    return this.#sessions;
  }

  async drain(timeoutMs: number, spreadMs: number): Promise<number> {
    await this.#listeners.retireAll();
    await this.#idle(timeoutMs);
    const cut = await this.#cutAll(spreadMs);
    // A session that was cut ends as soon as its pending calls have failed.
    await this.#idle(undefined);
    this.#stop();
    return cut;
  }

  close(): void {
    this.#listeners.closeAll();
    for (const session of this.#sessions) session.cut("operator");
    this.#stop();
  }

  sessionStarted(session: Session): void {
    this.#sessions.add(session);
    this.#sweeper.wake();
  }

  sessionEnded(session: Session): void {
    this.#sessions.delete(session);
    if (this.#sessions.size > 0) return;
    for (const resolve of this.#onIdle) resolve();
  }

  /**
   * Cuts the remaining sessions, one after another over `spreadMs`; returns how many there were.
   */
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

  /** Waits until there are no sessions, up to `timeoutMs`. */
  async #idle(timeoutMs: number | undefined): Promise<void> {
    if (this.#sessions.size === 0) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#onIdle.delete(done);
        clearTimeout(timer);
        resolve();
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs);
      this.#onIdle.add(done);
    });
  }

  #stop(): void {
    this.lingering.closeAll();
    this.#sweeper.stop();
  }
}

function shortestTimeoutMs(generation: Generation): number {
  const timeouts = generation.listeners.flatMap(timeoutsOf);
  return Math.min(...timeouts.filter((timeoutMs) => timeoutMs > 0));
}

function timeoutsOf({ settings, pool }: ListenerPlan): number[] {
  return [
    pool.settings.connectTimeoutMs,
    settings.idleTimeoutMs,
    settings.firstByteTimeoutMs,
    settings.halfCloseTimeoutMs,
    settings.sessionTimeoutMs,
    pool.settings.queueTimeoutMs,
  ];
}
