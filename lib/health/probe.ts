import type { BackendSettings, PoolSettings } from "../config/settings.ts";

/** The backend that is probed, and the pool whose settings say how. */
export interface ProbeSubject {
  readonly pool: PoolSettings;
  readonly backend: BackendSettings;
}

/** The result of probing a backend once. */
export type ProbeResult =
  | { readonly passed: true; readonly durationMs: number }
  | {
    readonly passed: false;
    readonly durationMs: number;
    /** Why, in words that follow "… is down: ". */
    readonly reason: string;
    /** Whether this machine ran out of a resource, which says nothing about the backend. */
    readonly local: boolean;
  };

/**
 * A way to find out whether a backend works. It always closes its connection and never rejects.
 *
 * @param signal ends it after `health_timeout`, which the caller enforces
 */
export type Probe = (subject: ProbeSubject, signal: AbortSignal) => Promise<ProbeResult>;

/** The port that is probed: `health_port`, or else the backend's own. */
export function probedPort({ pool, backend }: ProbeSubject): number {
  return pool.healthPort === 0 ? backend.address.port : pool.healthPort;
}

/**
 * Whether a probe connects where sessions do: elsewhere it says nothing about their connections.
 */
export function isAtSessionsPort(subject: ProbeSubject): boolean {
  return probedPort(subject) === subject.backend.address.port;
}
