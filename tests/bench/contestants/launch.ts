import type { Endpoint } from "../traffic/wire.ts";
import { awaitReady } from "./await_ready.ts";
import type { Plan, Proxy } from "./contestant.ts";

/** What to run once the configuration is written. */
export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly endpoints: readonly Endpoint[];
  /** What ends it at once; SIGTERM unless given. */
  readonly signal?: Deno.Signal;
}

/** Starts a contestant's process and waits until all its listeners accept. */
export async function launch(plan: Plan, how: Launch): Promise<Proxy> {
  const log = `${plan.folder}/log`;
  const child = plan.children.spawn(log, how.program, how.args);
  try {
    await awaitReady(child, how.endpoints, log);
  } catch (error) {
    await plan.children.end(child);
    throw error;
  }
  return {
    pid: child.pid,
    endpoints: how.endpoints,
    log,
    stop: () => plan.children.end(child, how.signal),
  };
}
