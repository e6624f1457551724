import type { ListenerSettings, Settings } from "../config/settings.ts";

/** The open files that a process may have. */
export interface OpenFilesLimit {
  /** What is in force. */
  readonly soft: number;
  /** What the process may raise it to by itself. */
  readonly hard: number;
}

/** Asks the C library (`getrlimit`); absent where it may not or cannot. */
export type ReadResourceLimit = () => OpenFilesLimit | undefined;

/** A session has two connections: the client's and the backend's. */
const FILES_PER_SESSION = 2;
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
): string | undefined {
  if (limit === undefined) return undefined;
  const { listeners } = settings;
  const sessions = countSessions(settings);
  const needed = countNeeded(settings);
  const unlimited = listeners.filter(({ maxConnections }) => maxConnections === 0);
  if (needed > limit.soft) {
    return `This process may open ${limit.soft} files, but ${sessions} sessions ` +
      `(max_connections) need ${needed}: ${adviseLimit(needed, limit)}, or lower max_connections`;
  }
  if (unlimited.length === 0 || limit.soft >= SMALL_LIMIT) return undefined;
  const room = Math.max(0, Math.floor((limit.soft - needed) / FILES_PER_SESSION));
  const [first] = unlimited as [ListenerSettings];
  const names = unlimited.length === 1
    ? `listener ${first.key} has`
    : `${unlimited.length} listeners have`;
  return `This process may open ${limit.soft} files, enough for about ${room} sessions, and ${names} ` +
    `no max_connections: ${adviseLimit(SMALL_LIMIT, limit)}, or set max_connections`;
}

/**
 * How many files are left once workers, checks and the sessions that `max_connections` speaks of
 * have theirs; 0 where there are not even enough for those.
 */
export function filesLeft(settings: Settings, { soft }: OpenFilesLimit): number {
  return Math.max(0, soft - countNeeded(settings));
}

function countNeeded(settings: Settings): number {
  const { listeners, workers } = settings;
  const perListener = listeners.map(({ backends }) =>
    FILES_PER_LISTENER * workers + FILES_PER_BACKEND * backends.length
  );
  const sessions = countSessions(settings);
  return RESERVED_FILES + sessions * FILES_PER_SESSION +
    perListener.reduce((sum, files) => sum + files, 0);
}

/** How many sessions there may be at once; a listener without a limit counts as none. */
function countSessions({ listeners }: Settings): number {
  return listeners.reduce((sum, { maxConnections }) => sum + maxConnections, 0);
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
