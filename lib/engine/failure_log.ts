import { counted } from "../base/counted.ts";
import type { Refusal } from "../balance/pool.ts";
import { formatDuration } from "../base/duration.ts";
import { messageOf } from "../base/message_of.ts";
import { traceOf } from "../base/trace_of.ts";
import type { BackendSettings, ListenerSettings, PoolSettings } from "../config/settings.ts";
import { loggerFor } from "../log/logging.ts";
import { Throttle } from "../log/throttle.ts";

const INTERVAL_MS = 10_000;

/**
 * What went wrong in a worker's sessions, for the log: each failure once, and then at most one line
 * every ten seconds that says how often it has happened since.
 */
export class FailureLog {
  readonly #logger = loggerFor("session");
  readonly #throttle = new Throttle({ intervalMs: INTERVAL_MS });
  #timer: ReturnType<typeof setTimeout> | undefined;

  connectFailed(pool: PoolSettings, backend: BackendSettings, error: unknown): void {
    this.#warn(
      `Could not connect to backend ${backend.name} of pool ${pool.name}: ${messageOf(error)}`,
    );
  }

  connectTimedOut(pool: PoolSettings, backend: BackendSettings): void {
    const timeout = formatDuration(pool.connectTimeoutMs);
    this.#warn(
      `Could not connect to backend ${backend.name} of pool ${pool.name}: ` +
        `no answer within ${timeout} (connect_timeout)`,
    );
  }

  noBackend(listener: ListenerSettings, pool: PoolSettings, refusal: Refusal): void {
    const why = describeRefusal(refusal, pool, pool.name !== listener.key);
    this.#warn(`Closed a client of listener ${listener.key} at once: ${why}`);
  }

  limitReached(listener: ListenerSettings, limit: string): void {
    this.#warn(`Closed a client of listener ${listener.key} at once: ${limit} is reached`);
  }

  clientTableFull(): void {
    this.#logger.warn(
      "The table of clients is full: clients that are not in it share max_connections_per_client and " +
        "connection_rate_per_client with the rest of their network",
    );
  }

  acceptFailed(listener: ListenerSettings, error: unknown): void {
    this.#warn(`Could not accept a client of listener ${listener.key}: ${messageOf(error)}`);
  }

  /** Logs an unexpected error while accepting clients: a bug in Weir. */
  acceptBroke(listener: ListenerSettings, error: unknown): void {
    this.#warn(
      `Could not accept a client of listener ${listener.key}, unexpectedly: ${traceOf(error)}`,
    );
  }

  /** Logs an unexpected error: a bug in Weir. */
  unexpected(where: string, error: unknown): void {
    this.#logger.error("A session ended with an unexpected error {where}: {trace}", {
      where,
      trace: traceOf(error),
    });
  }

  /** Logs what was held back so far, and stops the timer. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#logSuppressed(Infinity);
  }

  #warn(message: string): void {
    const suppressed = this.#throttle.take(message, performance.now());
    if (suppressed >= 0) this.#log(message, suppressed);
    else this.#timer ??= setTimeout(() => this.#tick(), INTERVAL_MS);
  }

  #tick(): void {
    this.#timer = undefined;
    if (this.#logSuppressed(performance.now())) {
      this.#timer = setTimeout(() => this.#tick(), INTERVAL_MS);
    }
  }

  #logSuppressed(nowMs: number): boolean {
    const due = this.#throttle.drain(nowMs);
    for (const { key, count } of due) this.#log(key, count);
    return due.length > 0;
  }

  #log(message: string, suppressed: number): void {
    const more = suppressed === 0
      ? ""
      : ` (${counted(suppressed, "more time")} since the last such line)`;
    this.#logger.warn("{message}{more}", { message, more });
  }
}

/** @param isNamed whether the pool has to be named, because its name is not the listener's */
function describeRefusal(refusal: Refusal, pool: PoolSettings, isNamed: boolean): string {
  const it = isNamed ? `its pool ${pool.name}` : "it";
  const all = isNamed ? `all backends of ${it}` : "all of its backends";
  switch (refusal) {
    case "no_backend":
      return `${it} has no backend that takes sessions`;
    case "all_down":
      return `${all} are down`;
    case "all_full":
      return pool.maxSessions === 0
        ? `${all} have reached their max_connections`
        : `${it} has reached its max_sessions, or all of its backends their max_connections`;
  }
}
