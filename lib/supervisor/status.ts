import type { BackendModeName, PoolSettings } from "../config/settings.ts";
import type {
  BackendFigures,
  ListenerFigures,
  PoolFigures,
  WorkerFigures,
} from "../state/snapshot.ts";
import type { ReloadResult } from "./reloader.ts";

/** What a backend is doing, in one word for a display. */
export type BackendCondition =
  /** Takes sessions. */
  | "up"
  /** Probing found it down, or its agent says so. */
  | "down"
  /** Its sessions failed, and it is paused. */
  | "ejected"
  /** One session is trying it after an ejection. */
  | "trial"
  /** Takes no new sessions because the file or an operator says so. */
  | "drain"
  | "maintenance"
  /** Has weight 0. */
  | "unused"
  /** It or its listener was removed, and it is finishing its sessions. */
  | "leaving";

/** A backend of a pool, and everything known about it. */
export interface BackendStatus {
  /** Identifies the backend in the API: `POOL/NAME`. */
  readonly id: string;
  readonly name: string;
  readonly condition: BackendCondition;
  /** What probing says. */
  readonly health: "up" | "down" | "unchecked";
  readonly mode: BackendModeName;
  readonly backup: boolean;
  /** As the file has it. */
  readonly configuredWeight: number;
  /** As it is now: changed by an operator, scaled by an agent, or smaller during a slow start. */
  readonly weight: number;
  /** As it is now: its agent may have set another limit than the file. */
  readonly maxConnections: number;
  /** What an operator has changed from what the file says. */
  readonly differsFromFile: readonly ("mode" | "weight")[];
  /** What its agent has ordered, in the agent's words: `drain, 50%`; absent if nothing. */
  readonly agent?: string;
  /** When and why the health or the ejection last changed; absent if never. */
  readonly lastChange?: { readonly atMs: number; readonly text: string };
  readonly figures: BackendFigures;
}

/** A listener, with everything that is known about it. */
export interface ListenerStatus {
  readonly key: string;
  /** Each as `address:port`. */
  readonly addresses: readonly string[];
  /** The name of the pool that its sessions take their backends from. */
  readonly pool: string;
  /** The engine that serves it, and why that one. */
  readonly engine: string;
  readonly engineReason: string;
  readonly maxConnections: number;
  /** Whether its pool has a backend that takes sessions; why not if it has none. */
  readonly ready: boolean;
  readonly notReadyReasons: readonly string[];
  /** Whether it was removed, and finishes the sessions that it has. */
  readonly leaving: boolean;
  readonly figures: ListenerFigures;
}

/** A pool, with everything that is known about it. */
export interface PoolStatus {
  readonly name: string;
  readonly algorithm: PoolSettings["algorithm"];
  /** Sessions at once with all of its backends; 0 = no limit. */
  readonly maxSessions: number;
  /** Whether it has a backend that takes sessions. */
  readonly ready: boolean;
  /** The backends that are left out because their names have no address, and why they have none. */
  readonly unresolved: readonly { readonly name: string; readonly problem: string }[];
  /** Whether it was removed, and finishes the sessions that it has. */
  readonly leaving: boolean;
  readonly figures: PoolFigures;
  /** Those that are leaving come last. */
  readonly backends: readonly BackendStatus[];
}

export interface WorkerStatus {
  readonly slot: number;
  readonly engine: string;
  /** Whether it accepts no more clients and is finishing its sessions. */
  readonly draining: boolean;
  readonly figures: WorkerFigures;
}

/** Everything that Weir knows about itself at one moment. */
export interface Status {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly startedAtMs: number;
  readonly version: string;
  /** The configuration file. */
  readonly file: string;
  readonly phase: "running" | "stopping";
  /** Whether the process accepts clients and is not shutting down, and the reasons if not. */
  readonly ready: boolean;
  readonly notReadyReasons: readonly string[];
  /** Those that are leaving come last. */
  readonly listeners: readonly ListenerStatus[];
  readonly pools: readonly PoolStatus[];
  readonly workers: readonly WorkerStatus[];
  readonly reloads: {
    readonly succeeded: number;
    readonly failed: number;
    readonly last?: ReloadResult;
  };
  /** Lines that the access log had no room for. */
  readonly accessLogDropped: number;
}
