import { lookup } from "node:dns/promises";
import type { BackendSettings, ListenerSettings, Settings } from "../config/settings.ts";

/** A host name that could not be resolved, and why. */
export interface ResolveProblem {
  readonly listener: string;
  readonly backend: string;
  readonly message: string;
}

/** Gives the IP addresses of a host name, one or more, or throws. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** Asks the operating system, which knows the hosts file too. */
export async function resolveBySystem(hostname: string): Promise<readonly string[]> {
  const answers = await lookup(hostname, { all: true });
  return [...new Set(answers.map((answer) => answer.address))];
}

/**
 * Fills in the addresses of backends that are named by a host name, where the listener resolves at
 * load. Each name is asked for once.
 */
export async function resolveNames(
  settings: Settings,
  resolve: Resolve,
): Promise<{ readonly settings: Settings; readonly problems: readonly ResolveProblem[] }> {
  const answers = new Map<string, Promise<readonly string[]>>();
  const problems: ResolveProblem[] = [];

  async function resolveBackend(
    listener: ListenerSettings,
    backend: BackendSettings,
  ): Promise<BackendSettings> {
    if (!listener.preResolve || backend.candidates.length > 0) return backend;
    const { hostname } = backend.address;
    const answer = answers.get(hostname) ?? resolve(hostname);
    answers.set(hostname, answer);
    try {
      return { ...backend, candidates: await answer };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      problems.push({ listener: listener.key, backend: backend.name, message });
      return backend;
    }
  }

  const listeners = await Promise.all(settings.listeners.map(async (listener) => ({
    ...listener,
    backends: await Promise.all(
      listener.backends.map((backend) => resolveBackend(listener, backend)),
    ),
  })));
  return { settings: { ...settings, listeners }, problems };
}
