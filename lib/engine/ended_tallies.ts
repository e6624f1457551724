import type { Ender } from "../log/close_reason.ts";
import { ListenerTally } from "../state/counters.ts";

/** Which count of ended sessions each ender belongs to. */
export const ENDED_TALLIES: Readonly<Record<Ender, number>> = {
  done: ListenerTally.endedDone,
  client: ListenerTally.endedByClient,
  backend: ListenerTally.endedByBackend,
  backend_down: ListenerTally.endedByBackend,
  no_backend: ListenerTally.endedByBackend,
  timeout: ListenerTally.endedByTimeout,
  client_timeout: ListenerTally.endedByTimeout,
  backend_timeout: ListenerTally.endedByTimeout,
  lifetime: ListenerTally.endedByTimeout,
  limit: ListenerTally.endedByLimit,
  denied: ListenerTally.endedByLimit,
  drain: ListenerTally.endedByOperator,
  operator: ListenerTally.endedByOperator,
  resource: ListenerTally.endedByResource,
};
