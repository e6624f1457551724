import { counted } from "../base/counted.ts";
import type { ListenerSettings, Settings } from "../config/settings.ts";
import { MOST_PIPES } from "../engine/native/sessions/pipe_pool.ts";

/** The limits on how many files a process may have open. */
export interface OpenFilesLimit {
  /** The limit in force. */
  readonly soft: number;
  /** What the process may raise it to without privileges. */
  readonly hard: number;
}

/**
 * Asks the C library (`getrlimit`); returns `undefined` where that is not permitted or not
 * possible.
 */
export type ReadResourceLimit = () => OpenFilesLimit | undefined;

/** Whether the native engine, which moves bulk data through pipes, serves a listener. */
export type IsNative = (listener: ListenerSettings) => boolean;

/** A session has two connections: the client's and the backend's. */
const FILES_PER_SESSION = 2;
/** One for each direction that is stalled. */
const PIPES_PER_SESSION = 2;
const FILES_PER_PIPE = 2;
/** What Weir itself has open, with room for health checks and for operators. */
const RESERVED_FILES = 100;
const FILES_PER_LISTENER = 1;
/** Checks that run at the same time. */
const FILES_PER_BACKEND = 1;
/** A lower limit is worth a warning where nothing bounds the number of sessions. */
const SMALL_LIMIT = 4_096;

/**
 * Reads this process's limit of open files; `undefined` where it is not known.
 *
 * The runtime does not reveal it without a permission. Tried in this order: the C library, where
 * there is a binding; `/proc/self/limits`, for which Deno requires `--allow-all`; and a shell,
 * which inherits the limit, where `--allow-run` names it. No permission is requested.
 */
export function readOpenFilesLimit(resourceLimit?: ReadResourceLimit): OpenFilesLimit | undefined {
  return resourceLimit?.() ?? readProcLimits() ?? askShell();
}

/**
 * Returns advice on what to set if the limit of open files is too low for the settings; `undefined`
 * if it is high enough or not known.
 */
export function warnAboutOpenFiles(
  settings: Settings,
  limit: OpenFilesLimit | undefined,
  isNative: IsNative = mayBeNative,
): string | undefined {
  if (limit === undefined) return undefined;
  const { soft } = limit;
  const needs = needsOf(settings, isNative);
  const needed = filesFor(needs);
  const unlimited = settings.listeners.filter(({ maxConnections }) => maxConnections === 0);
  if (needed > soft && needs.sessions > 0) {
    const pipes = needs.pipes > 0 ? " with their pipes" : "";
    return `This process may open ${soft} files, but ${counted(needs.sessions, "session")} ` +
      `(max_connections) ${needs.sessions === 1 ? "needs" : "need"} ${needed}${pipes}: ${
        adviseLimit(needed, limit)
      }, or lower ` +
      "max_connections";
  }
  if (unlimited.length === 0 || soft >= SMALL_LIMIT) return undefined;
  if (needed > soft) {
    return `This process may open ${soft} files, and Weir itself needs ${needed}, before the ` +
      `first session: ${adviseLimit(SMALL_LIMIT, limit)}`;
  }
  const [first] = unlimited as [ListenerSettings];
  const names = unlimited.length === 1
    ? `listener ${first.key} has`
    : `${unlimited.length} listeners have`;
  const room = describeRoom(needs, soft - needed, unlimited.some(isNative));
  return `This process may open ${soft} files, ${room}, and ${names} no max_connections: ` +
    `${adviseLimit(SMALL_LIMIT, limit)}, or set max_connections`;
}

/**
 * How many files are left once workers, checks and the sessions that `max_connections` allows have
 * theirs; 0 where there are not enough even for those. A listener whose engine is `auto` counts as
 * if it had pipes.
 */
export function filesLeft(settings: Settings, { soft }: OpenFilesLimit): number {
  return Math.max(0, soft - filesFor(needsOf(settings, mayBeNative)));
}

/** What files are needed for. */
interface Needs {
  /** Files that Weir itself needs. */
  readonly own: number;
  /** The most sessions at once; a listener without a limit counts as none. */
  readonly sessions: number;
  /** The most pipes that those sessions hold at once. */
  readonly pipes: number;
  /** The most pipes that all sessions together hold, however many sessions there are. */
  readonly mostPipes: number;
}

function needsOf({ listeners, pools, workers }: Settings, isNative: IsNative): Needs {
  const natives = listeners.filter(isNative);
  const mostPipes = natives.length > 0 ? MOST_PIPES * workers : 0;
  const sockets = listeners.reduce((sum, { addresses }) => sum + addresses.length, 0);
  const backends = pools.reduce((sum, pool) => sum + pool.backends.length, 0);
  return {
    own: RESERVED_FILES + FILES_PER_LISTENER * workers * sockets + FILES_PER_BACKEND * backends,
    sessions: countSessions(listeners),
    pipes: Math.min(mostPipes, countSessions(natives) * PIPES_PER_SESSION),
    mostPipes,
  };
}

function filesFor({ own, sessions, pipes }: Needs): number {
  return own + sessions * FILES_PER_SESSION + pipes * FILES_PER_PIPE;
}

/** How many more sessions this many files are enough for. */
function describeRoom(
  { sessions, pipes, mostPipes }: Needs,
  files: number,
  native: boolean,
): string {
  // At first each session may hold its own pipes; beyond a certain number there are no more.
  const pipesLeft = native ? mostPipes - pipes : 0;
  const withPipes = files / (FILES_PER_SESSION + PIPES_PER_SESSION * FILES_PER_PIPE);
  const beyond = (files - pipesLeft * FILES_PER_PIPE) / FILES_PER_SESSION;
  const room = Math.floor(Math.max(withPipes, beyond));
  if (room === 0) return "not enough for even one more session";
  return `enough for about ${counted(room, "session")}${
    sessions > 0 ? ` besides the ${sessions}` : ""
  }`;
}

function countSessions(listeners: readonly ListenerSettings[]): number {
  return listeners.reduce((sum, { maxConnections }) => sum + maxConnections, 0);
}

function mayBeNative({ engine }: ListenerSettings): boolean {
  return engine !== "streams";
}

function adviseLimit(needed: number, { hard }: OpenFilesLimit): string {
  const asRoot = needed > hard ? " as root" : "";
  return `raise the limit with "ulimit -n ${needed}"${asRoot} before starting, or with ` +
    `"LimitNOFILE=${needed}" in a systemd unit`;
}

function readProcLimits(): OpenFilesLimit | undefined {
  if (Deno.build.os !== "linux" || !hasEveryPermission()) return undefined;
  try {
    const text = Deno.readTextFileSync("/proc/self/limits");
    const [, soft, hard] = /^Max open files +(\d+|unlimited) +(\d+|unlimited)/m.exec(text) ?? [];
    return limitOf(soft, hard);
  } catch {
    return undefined;
  }
}

function askShell(): OpenFilesLimit | undefined {
  if (Deno.build.os === "windows") return undefined;
  const command = "/bin/sh";
  if (Deno.permissions.querySync({ name: "run", command }).state !== "granted") return undefined;
  try {
    const args = ["-c", "ulimit -Sn; ulimit -Hn"];
    const { success, stdout } = new Deno.Command(command, { args, stderr: "null" }).outputSync();
    const [soft, hard] = new TextDecoder().decode(stdout).trim().split(/\s+/);
    return success ? limitOf(soft, hard) : undefined;
  } catch {
    return undefined;
  }
}

function limitOf(soft: string | undefined, hard: string | undefined): OpenFilesLimit | undefined {
  const [softCount, hardCount] = [readCount(soft), readCount(hard)];
  if (softCount === undefined || hardCount === undefined) return undefined;
  return { soft: softCount, hard: hardCount };
}

function readCount(text: string | undefined): number | undefined {
  if (text === "unlimited") return Infinity;
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Queried first, so that the user is not prompted for more than Weir needs. */
function hasEveryPermission(): boolean {
  const names = ["read", "write", "net", "env", "run", "ffi", "sys"] as const;
  return names.every((name) => Deno.permissions.querySync({ name }).state === "granted");
}
