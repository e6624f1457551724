import type { BackendModeName, Settings } from "../config/settings.ts";
import type { SessionView } from "../engine/session_view.ts";
import type { EventLog } from "./event_log.ts";
import type { ReloadResult } from "./reloader.ts";
import type { Status } from "./status.ts";

/**
 * What an operator can see and do while Weir runs: the one door through which the admin API, the
 * dashboard and signals reach the supervisor.
 */
export interface Control {
  /** The settings in force. */
  readonly settings: Settings;
  readonly events: EventLog;
  /** Reads the shared counters; the workers are not asked. */
  status(): Status;
  /** Asks every worker for its sessions; newest first. A worker that does not answer is left out. */
  sessions(): Promise<readonly SessionView[]>;
  /** Sets what is wanted of a backend. Tells whether there is one of this id that is not leaving. */
  setMode(backendId: string, mode: BackendModeName): boolean;
  /** Sets a backend's weight, 0 to 256. Tells whether there is one of this id that is not leaving. */
  setWeight(backendId: string, weight: number): boolean;
  /** Ends one session. Tells whether there was one of this id. */
  closeSession(sessionId: string): Promise<boolean>;
  /** Ends all sessions of a backend; gives how many, or nothing if there is no backend of this id. */
  closeBackendSessions(backendId: string): Promise<number | undefined>;
  /** Reads the configuration again. */
  reload(cause: string): Promise<ReloadResult>;
  /** Drains and ends, as a signal does. */
  shutdown(cause: string): void;
}
