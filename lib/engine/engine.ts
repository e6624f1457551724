import type { PoolRows } from "../balance/pool.ts";
import type { ListenerSettings } from "../config/settings.ts";
import type { AccessLog } from "../log/access_log.ts";
import type { SharedState } from "../state/shared_state.ts";
import type { Ender } from "../log/close_reason.ts";
import type { FailureLog } from "./failure_log.ts";
import type { SessionLife } from "./session_life.ts";

/** A listener with the places of its figures in the shared state. */
export interface ListenerPlan {
  readonly settings: ListenerSettings;
  readonly rows: PoolRows;
}

/** What an engine is to serve from now on. Every worker of an engine gets the same. */
export interface Generation {
  /** Goes up by one with every reload. */
  readonly number: number;
  readonly listeners: readonly ListenerPlan[];
}

/** A listener that could not be bound, and why. */
export interface BindProblem {
  /** The listener's key. */
  readonly listener: string;
  readonly message: string;
}

/** What the sessions of a worker log to. */
export interface WorkerLogs {
  readonly failures: FailureLog;
  /** Absent where no access log is kept; a reload may change that. */
  readonly accessLog: AccessLog | undefined;
}

/** What an engine is made from. */
export interface EngineInputs {
  readonly state: SharedState;
  /** The worker's slot in the shared state. */
  readonly slot: number;
  readonly logs: WorkerLogs;
}

/** A session that an engine serves. */
export interface EngineSession {
  readonly life: SessionLife;
  /** Ends the session at once. */
  cut(by: Ender): void;
}

/**
 * A way for a worker to accept clients and move bytes.
 *
 * A generation is taken over in two steps, so that it is all or nothing over all workers: each
 * worker first binds what is new, and only when all have done so does any of them change what it
 * serves. A listener whose address stays is never closed.
 */
export interface Engine {
  /** Binds the listeners that are new, without accepting. Gives those that could not be bound. */
  prepare(generation: Generation): readonly BindProblem[];
  /** Serves the prepared generation: new listeners accept, removed ones close, pools change. */
  commit(): void;
  /** Closes what `prepare` has bound. */
  abort(): void;
  /** The sessions that are under way. */
  sessions(): Iterable<EngineSession>;
  /**
   * Stops accepting and waits for the sessions. After `timeoutMs` the remaining ones are closed, one
   * after the other over `spreadMs`. Gives how many had to be.
   */
  drain(timeoutMs: number, spreadMs: number): Promise<number>;
  /** Closes all listeners and sessions at once. */
  close(): void;
}
