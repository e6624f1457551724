import type { AccessLog } from "../log/access_log.ts";
import type { SharedState } from "../state/shared_state.ts";
import type { FailureLog } from "./failure_log.ts";

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
