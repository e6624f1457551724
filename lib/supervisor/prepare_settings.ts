import { formatDuration } from "../base/duration.ts";
import { parseAdminAddress } from "../config/admin_address.ts";
import type { ListenerSettings, Settings } from "../config/settings.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { BindProblem } from "../engine/generation.ts";
import { loggerFor } from "../log/logging.ts";
import { findOccupied } from "./find_occupied.ts";

/** By then a removed listener is closed, whatever its queue holds, even on a busy machine. */
const LONGEST_RETIREMENT_MS = 5_000;
/** By then others can bind what the workers have closed. */
const LONGEST_CLOSE_MS = 1_000;
const LOOK_MS = 20;
/** How often to check at start whether addresses have become free. */
const RETRY_MS = 100;

/** What the workers have bound. */
export interface BoundSockets {
  /** The listeners whose sockets stay, or can be used again, if `wanted` are to be served. */
  usable(wanted: Settings): readonly ListenerSettings[];
  /** Whether sockets at a listener's address are about to be closed. */
  isClosing(listener: ListenerSettings): boolean;
}

/** Settings that can be served here and now, or the problems that prevent it. */
export interface PreparedSettings {
  /** With the addresses of every backend; absent where there are problems. */
  readonly settings?: Settings;
  /** In words, one for each. */
  readonly problems: readonly string[];
  /** What differs from the file but runs anyway, in words. */
  readonly warnings: readonly string[];
}

/**
 * Turns the settings into what can be served here and now: resolves names, checks whether the
 * addresses are free, and adapts the number of workers to the system.
 *
 * @param filed the settings as the file has them
 * @param bound absent where nothing is served yet
 */
export async function prepareSettings(
  filed: Settings,
  discovery: Discovery,
  bound?: BoundSockets,
): Promise<PreparedSettings> {
  const { settings, problems: unresolved, warnings } = await discovery.resolveFirst(filed);
  const problems = [
    ...unresolved,
    ...(bound === undefined
      ? await findOccupiedAtStart(settings)
      : await findStillOccupied(settings, bound)).map(describeBindProblem),
  ];
  if (problems.length > 0) return { problems, warnings };
  if (settings.workers === 1 || Deno.build.os === "linux") return { settings, problems, warnings };
  const warning =
    `Running 1 worker instead of ${settings.workers}: only Linux shares a port among ` +
    "several (SO_REUSEPORT)";
  return { settings: { ...settings, workers: 1 }, problems, warnings: [...warnings, warning] };
}

/**
 * Returns the listeners whose address cannot be bound even after waiting for `bind_retry`. It waits
 * for the admin address, too; whether that can be bound in the end shows when it is opened.
 */
async function findOccupiedAtStart(settings: Settings): Promise<readonly BindProblem[]> {
  const { listeners, bindRetryMs } = settings;
  const admin = parseAdminAddress(settings.admin);
  const waitedFor = admin?.kind === "tcp" ? [{ key: "admin", addresses: [admin.address] }] : [];
  const untilMs = performance.now() + bindRetryMs;
  for (let turn = 0;; turn++) {
    const occupied = findOccupied(listeners, []);
    const [problem] = [...occupied, ...findOccupied(waitedFor, [])];
    if (problem === undefined || performance.now() >= untilMs) return occupied;
    if (turn === 0) {
      loggerFor("supervisor").warn("{problem}; trying for up to {patience} (bind_retry)", {
        problem: describeBindProblem(problem),
        patience: formatDuration(bindRetryMs),
      });
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/**
 * Returns the listeners whose address cannot be bound. Where one of our own sockets holds it,
 * because another engine is to serve the address from now on, waits until that socket is closed.
 */
async function findStillOccupied(
  settings: Settings,
  bound: BoundSockets,
): Promise<readonly BindProblem[]> {
  const { listeners } = settings;
  const startMs = performance.now();
  for (;;) {
    const occupied = findOccupied(listeners, bound.usable(settings));
    const keys = new Set(occupied.map(({ listener }) => listener));
    const isClosing = listeners.some((each) => keys.has(each.key) && bound.isClosing(each));
    const patienceMs = isClosing ? LONGEST_RETIREMENT_MS : LONGEST_CLOSE_MS;
    if (occupied.length === 0 || performance.now() - startMs >= patienceMs) return occupied;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** A sentence for the log and the API. */
export function describeBindProblem({ listener, message }: BindProblem): string {
  return listener === "" ? message : `Could not bind listener ${listener}: ${message}`;
}
