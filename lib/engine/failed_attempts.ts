import type { Lease } from "../balance/lease.ts";
import { NONE_TRIED } from "../balance/pool.ts";
import type { Ender } from "../log/close_reason.ts";
import type { Attempt, AttemptOutcome } from "../log/session_record.ts";

/** Why an attempt to connect to a backend failed. */
export type ConnectFailure = Exclude<AttemptOutcome, "connected" | "abandoned">;

/** Who ends a session none of whose attempts has led to a connection, by the last failure. */
const FAILED_BY: Readonly<Record<ConnectFailure, Ender>> = {
  connect_failed: "backend",
  connect_timeout: "timeout",
  no_port: "resource",
  local_fault: "resource",
};

const NO_ATTEMPTS: readonly Attempt[] = [];

/**
 * A session's failed attempts to connect to a backend, oldest first; at most one more than
 * `retries`. Immutable: all sessions whose first attempt succeeds share {@linkcode
 * FailedAttempts.none}.
 */
export class FailedAttempts {
  static readonly none = new FailedAttempts(NONE_TRIED, NO_ATTEMPTS);
  /** The rows of the backends. */
  readonly rows: readonly number[];
  readonly #attempts: readonly Attempt[];

  private constructor(rows: readonly number[], attempts: readonly Attempt[]) {
    this.rows = rows;
    this.#attempts = attempts;
  }

  get count(): number {
    return this.rows.length;
  }

  /** Who ends the session if no other attempt follows. */
  get ender(): Ender {
    const last = this.#attempts.at(-1)?.outcome;
    return last === undefined ? "backend" : FAILED_BY[last as ConnectFailure];
  }

  /** Returns these attempts and one more. */
  and({ backend, row }: Pick<Lease, "backend" | "row">, failure: ConnectFailure): FailedAttempts {
    const attempt = { backend: backend.name, outcome: failure };
    return new FailedAttempts([...this.rows, row], [...this.#attempts, attempt]);
  }

  /**
   * Lists every attempt for the access log: the failed ones, and one more if the session has a
   * backend. Empty if none has failed, as the backend of the session is then the only one.
   */
  list(
    present: { readonly name: string } | undefined,
    outcome: AttemptOutcome,
  ): readonly Attempt[] {
    if (this.count === 0 || present === undefined) return this.#attempts;
    return [...this.#attempts, { backend: present.name, outcome }];
  }
}
