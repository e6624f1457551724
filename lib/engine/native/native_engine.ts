import { WorkerCell } from "../../state/worker_counters.ts";
import type { Engine } from "../engine.ts";
import type { EngineInputs } from "../engine_inputs.ts";
import type { BindProblem, Generation } from "../generation.ts";
import { ListenerRoster } from "../listener_roster.ts";
import { ListenerShares } from "../listener_shares.ts";
import type { Libc } from "./libc/libc.ts";
import { EpollLoop } from "./loop/epoll_loop.ts";
import { NativeListener } from "./native_listener.ts";
import { Dialer } from "./sessions/dialer.ts";
import type { NativeSession } from "./sessions/native_session.ts";
import { Pump } from "./sessions/pump.ts";
import { SessionTable } from "./sessions/session_table.ts";
import type { Workshop } from "./sessions/workshop.ts";

/** How long to wait for the acknowledgement of the last bytes of sessions that a drain cuts. */
const LAST_BYTES_MS = 1_000;

/**
 * Moves bytes with Linux system calls, through the C library.
 *
 * It makes progress only inside {@linkcode run}, in which the thread sleeps and which must be
 * called repeatedly.
 */
export class NativeEngine implements Engine {
  readonly #workshop: Workshop;
  readonly #sessions = new SessionTable<NativeSession>();
  readonly #listeners: ListenerRoster<NativeListener>;
  readonly #isGivenUp: () => boolean;

  /** Throws a `LibcError` if no descriptor is available. */
  constructor(libc: Libc, inputs: EngineInputs) {
    const { state, slot } = inputs;
    this.#isGivenUp = () => state.workerCell(slot, WorkerCell.givenUp) !== 0;
    const workshop = {
      libc,
      loop: new EpollLoop(libc),
      pump: new Pump(libc),
      dialer: new Dialer(libc),
    };
    this.#workshop = workshop;
    this.#listeners = new ListenerRoster(
      new ListenerShares(inputs, (afterMs, ring) => workshop.loop.setAlarm(afterMs, ring)),
      (plan, address, share) => new NativeListener(plan, address, share, workshop, this.#sessions),
    );
  }

  /** The loop that the engine sleeps in. */
  get loop(): EpollLoop {
    return this.#workshop.loop;
  }

  prepare(generation: Generation): readonly BindProblem[] {
    return this.#listeners.prepare(generation);
  }

  commit(): void {
    this.#listeners.commit();
  }

  abort(): void {
    this.#listeners.abort();
  }

  sessions(): Iterable<NativeSession> {
    return this.#sessions;
  }

  async drain(timeoutMs: number, spreadMs: number): Promise<number> {
    await this.#listeners.retireAll();
    await this.#idle(timeoutMs);
    const cut = await this.#cutAll(spreadMs);
    await this.#idle(LAST_BYTES_MS);
    for (const session of [...this.#sessions]) session.abort("drain");
    this.#workshop.pump.closeIdle();
    return cut;
  }

  close(): void {
    // This thread no longer owns any of it.
    if (this.#isGivenUp()) return;
    this.#listeners.closeAll();
    for (const session of [...this.#sessions]) abort(session);
    this.#workshop.pump.closeIdle();
    this.#workshop.loop.close();
  }

  /**
   * Cuts the remaining sessions, one after another over `spreadMs`; returns how many there were.
   */
  async #cutAll(spreadMs: number): Promise<number> {
    const { loop } = this.#workshop;
    const left = [...this.#sessions];
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

  /** Waits until there are no sessions, up to `timeoutMs`. */
  async #idle(timeoutMs: number): Promise<void> {
    const { loop } = this.#workshop;
    const sessions = this.#sessions;
    if (sessions.size === 0) return;
    await new Promise<void>((resolve) => {
      const alarm = loop.setAlarm(timeoutMs, done);
      const cancel = sessions.onceEmpty(done);
      function done(): void {
        cancel();
        loop.stopAlarm(alarm);
        loop.requestTurn();
        resolve();
      }
    });
  }
}

/** Ends a session when the thread is about to end, possibly in an inconsistent state. */
function abort(session: NativeSession): void {
  try {
    session.abort("operator");
  } catch {
    // Its descriptors are closed even if its counts are wrong, and that is what matters now.
  }
}
