import { counted } from "../base/counted.ts";
import type { ListenerSettings, Settings } from "../config/settings.ts";
import { MOST_PIPES } from "../engine/native/pipe_pool.ts";

/** The open files that a process may have. */
export interface OpenFilesLimit {
  /** What is in force. */
  readonly soft: number;
  /** What the process may raise it to by itself. */
  readonly hard: number;
}

/** Asks the C library (`getrlimit`); absent where it may not or cannot. */
export type ReadResourceLimit = () => OpenFilesLimit | undefined;

/** Whether the native engine serves a listener: it moves bulk through pipes. */
export type IsNative = (listener: ListenerSettings) => boolean;

/** A session has two connections: the client's and the backend's. */
const FILES_PER_SESSION = 2;
/** One for each direction that is stalled. */
const PIPES_PER_SESSION = 2;
const FILES_PER_PIPE = 2;
/** What Weir itself has open, with room for checks of backends and for operators. */
const RESERVED_FILES = 100;
const FILES_PER_LISTENER = 1;
/** Checks that run at the same time. */
const FILES_PER_BACKEND = 1;
/** A lower limit is worth a word where nothing says how many sessions there will be. */
const SMALL_LIMIT = 4_096;

/**
 * Reads the limit of open files of this process; undefined where it cannot be known.
 *
 * Nothing that the runtime gives without a permission tells it. In this order: the C library, where
 * there is a binding; `/proc/self/limits`, for which Deno wants `--allow-all`; and a shell, which
 * inherits the limit, where `--allow-run` names it. No permission is asked for.
 */
export function readOpenFilesLimit(resourceLimit?: ReadResourceLimit): OpenFilesLimit | undefined {
  return resourceLimit?.() ?? readProcLimits() ?? askShell();
}

/**
 * Says what to set where the limit of open files is too low for the settings; undefined where it is
 * high enough, or not known.
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
 * How many files are left once workers, checks and the sessions that `max_connections` speaks of
 * have theirs; 0 where there are not even enough for those. A listener whose engine is `auto` counts
 * as if it had pipes.
 */
export function filesLeft(settings: Settings, { soft }: OpenFilesLimit): number {
  return Math.max(0, soft - filesFor(needsOf(settings, mayBeNative)));
}

/** What files are needed for. */
interface Needs {
  /** Files of Weir itself. */
  readonly own: number;
  /** Sessions that there may be at once; a listener without a limit counts as none. */
  readonly sessions: number;
  /** Pipes that those sessions hold at once, at most. */
  readonly pipes: number;
  /** Pipes that all sessions together hold, however many there are. */
  readonly mostPipes: number;
}

function needsOf({ listeners, workers }: Settings, isNative: IsNative): Needs {
  const natives = listeners.filter(isNative);
  const mostPipes = natives.length > 0 ? MOST_PIPES * workers : 0;
  const perListener = listeners.map(({ backends }) =>
    FILES_PER_LISTENER * workers + FILES_PER_BACKEND * backends.length
  );
  return {
    own: RESERVED_FILES + perListener.reduce((sum, files) => sum + files, 0),
    sessions: countSessions(listeners),
    pipes: Math.min(mostPipes, countSessions(natives) * PIPES_PER_SESSION),
    mostPipes,
  };
}

function filesFor({ own, sessions, pipes }: Needs): number {
  return own + sessions * FILES_PER_SESSION + pipes * FILES_PER_PIPE;
}

/** For how many further sessions so many files are enough. */
function describeRoom(
  { sessions, pipes, mostPipes }: Needs,
  files: number,
  native: boolean,
): string {
  // At first each session may hold pipes of its own; from a number on there are no more of these.
  const pipesLeft = native ? mostPipes - pipes : 0;
  const withPipes = files / (FILES_PER_SESSION + PIPES_PER_SESSION * FILES_PER_PIPE);
  const beyond = (files - pipesLeft * FILES_PER_PIPE) / FILES_PER_SESSION;
  const room = Math.floor(Math.max(withPipes, beyond));
  if (room === 0) return "too few for a single further session";
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
  return `raise the limit with "ulimit -n ${needed}"${asRoot} before the start, or with ` +
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

/** Asked beforehand, so that nobody is prompted for more than Weir needs. */
function hasEveryPermission(): boolean {
  const names = ["read", "write", "net", "env", "run", "ffi", "sys"] as const;
  return names.every((name) => Deno.permissions.querySync({ name }).state === "granted");
}
