import type { Ender } from "../log/close_reason.ts";
import type { BindProblem, Generation } from "./generation.ts";
import type { SessionLife } from "./session_life.ts";

/** A session that an engine serves. */
export interface EngineSession {
  readonly life: SessionLife;
  /** Closes the session at once. */
  cut(by: Ender): void;
}

/**
 * A way for a worker to accept clients and move bytes.
 *
 * A generation is applied in two steps, so that it is all or nothing across all workers: each
 * worker first binds what is new, and only when all have done so does any of them change what it
 * serves. A listener whose address stays is never closed.
 */
export interface Engine {
  /** Binds the new listeners, without accepting. Returns those that could not be bound. */
  prepare(generation: Generation): readonly BindProblem[];
  /** Serves the prepared generation: new listeners accept, removed ones close, pools change. */
  commit(): void;
  /** Closes what `prepare` has bound. */
  abort(): void;
  /** The active sessions. */
  sessions(): Iterable<EngineSession>;
  /**
   * Stops accepting and waits for the sessions. After `timeoutMs` the remaining ones are closed,
   * one after another over `spreadMs`. Returns how many had to be closed. May be called again
   * while it waits: the earlier deadline counts then.
   */
  drain(timeoutMs: number, spreadMs: number): Promise<number>;
  /** Closes all listeners and sessions at once. */
  close(): void;
}
