import type { ListenerSettings, Settings } from "../config/settings.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { BindProblem } from "../engine/generation.ts";
import { findOccupied } from "./find_occupied.ts";

/** A listener that was removed is closed by then, whatever its queue brings. */
const LONGEST_RETIREMENT_MS = 1_000;
const LOOK_MS = 20;

/** Settings that can be served here and now, or what stands against it. */
export interface PreparedSettings {
  /** With the addresses of every backend; absent where there are problems. */
  readonly settings?: Settings;
  /** In words, one for each. */
  readonly problems: readonly string[];
  /** What is not as the file wants it and runs all the same, in words. */
  readonly warnings: readonly string[];
}

/**
 * Makes of the settings what can be served here and now: resolves names, looks whether the addresses
 * are free, and fits the number of workers to the system.
 *
 * @param filed the settings as the file has them
 * @param bound the listeners that are served already
 */
export async function prepareSettings(
  filed: Settings,
  bound: readonly ListenerSettings[],
  discovery: Discovery,
): Promise<PreparedSettings> {
  const { settings, problems: unresolved, warnings } = await discovery.resolveFirst(filed);
  const problems = [
    ...unresolved,
    ...(await findStillOccupied(settings.listeners, bound)).map(describeBindProblem),
  ];
  if (problems.length > 0) return { problems, warnings };
  if (settings.workers === 1 || Deno.build.os === "linux") return { settings, problems, warnings };
  const warning = `Running 1 worker and not ${settings.workers}: only Linux shares a port among ` +
    "several (SO_REUSEPORT)";
  return { settings: { ...settings, workers: 1 }, problems, warnings: [...warnings, warning] };
}

/**
 * Finds the listeners whose address cannot be had, even by waiting for a listener that the last
 * reload has removed and that is still emptying its queue.
 */
async function findStillOccupied(
  listeners: readonly ListenerSettings[],
  bound: readonly ListenerSettings[],
): Promise<readonly BindProblem[]> {
  const untilMs = performance.now() + (bound.length > 0 ? LONGEST_RETIREMENT_MS : 0);
  let occupied = findOccupied(listeners, bound);
  while (occupied.length > 0 && performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    occupied = findOccupied(listeners, bound);
  }
  return occupied;
}

/** A sentence for the log and the API. */
export function describeBindProblem({ listener, message }: BindProblem): string {
  return listener === "" ? message : `Could not bind listener ${listener}: ${message}`;
}
