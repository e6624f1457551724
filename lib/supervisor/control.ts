import type { BackendModeName, Settings } from "../config/settings.ts";
import type { SessionView } from "../engine/session_view.ts";
import type { EventLog } from "./event_log.ts";
import type { ReloadResult } from "./reloader.ts";
import type { Status } from "./status.ts";

/**
 * What an operator can see and do while Weir runs: the only interface through which the admin API,
 * the dashboard and signals reach the supervisor.
 */
export interface Control {
  /** The settings in force. */
  readonly settings: Settings;
  readonly events: EventLog;
  /** Reads the shared counters without asking the workers. */
  status(): Status;
  /** Asks every worker for its sessions; newest first. A worker that does not answer is left out. */
  sessions(): Promise<readonly SessionView[]>;
  /** Sets a backend's mode. Returns whether there is a backend with this id that is not leaving. */
  setMode(backendId: string, mode: BackendModeName): boolean;
  /**
   * Sets a backend's weight, 0 to 256. Returns whether there is a backend with this id that is not
   * leaving.
   */
  setWeight(backendId: string, weight: number): boolean;
  /** Closes one session. Returns whether there was one with this id. */
  closeSession(sessionId: string): Promise<boolean>;
  /**
   * Closes all sessions of a backend; returns how many, or `undefined` if there is no backend with
   * this id.
   */
  closeBackendSessions(backendId: string): Promise<number | undefined>;
  /** Reloads the configuration. */
  reload(cause: string): Promise<ReloadResult>;
  /** Drains and exits, as on a signal. */
  shutdown(cause: string): void;
}
