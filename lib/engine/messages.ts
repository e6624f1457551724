import type { LogLevelName } from "../config/settings.ts";
import type { Ender } from "../log/close_reason.ts";
import type { LogLine } from "../log/log_line.ts";
import type { BindProblem, Generation } from "./generation.ts";
import type { SessionView } from "./session_view.ts";

/** What a worker logs. */
export interface LogOptions {
  readonly logLevel: LogLevelName;
  readonly accessLog: boolean;
  /** `text`, `json`, or a template. */
  readonly accessLogFormat: string;
}

/** Messages from the supervisor to a worker. */
export type ToWorker =
  /** The first message: where the worker counts, and how it logs. */
  | ({
    readonly type: "start";
    readonly slot: number;
    readonly memory: SharedArrayBuffer;
    /** The eventfd that wakes a worker of the native engine; -1 for other engines. */
    readonly wakeDescriptor: number;
  } & LogOptions)
  | { readonly type: "prepare"; readonly generation: Generation }
  | { readonly type: "commit" }
  | { readonly type: "abort" }
  /** Changes the options of the first message. */
  | ({ readonly type: "configure" } & LogOptions)
  /** Closes the sessions with one of these backends, or with one of these ids. */
  | {
    readonly type: "cut";
    readonly by: Ender;
    readonly backendRows: readonly number[];
    readonly ids: readonly string[];
  }
  | { readonly type: "list" }
  | { readonly type: "drain"; readonly timeoutMs: number; readonly spreadMs: number };

/** Messages from a worker to the supervisor. */
export type FromWorker =
  | { readonly type: "prepared"; readonly problems: readonly BindProblem[] }
  | { readonly type: "committed" }
  | { readonly type: "cut"; readonly sessions: number }
  | { readonly type: "listed"; readonly sessions: readonly SessionView[] }
  | { readonly type: "drained"; readonly closedSessions: number }
  | { readonly type: "log"; readonly line: LogLine }
  | { readonly type: "access"; readonly lines: string; readonly count: number };
