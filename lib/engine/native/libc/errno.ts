/** The error numbers of Linux (the same on x86_64 and aarch64) that the engine distinguishes. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EPIPE: 32,
  EPROTO: 71,
  ENOTSOCK: 88,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
} as const;

/** The name of an error number that the engine knows. */
export type ErrnoName = keyof typeof ERRNO;

const WORDS: Readonly<Record<ErrnoName, string>> = {
  EPERM: "Not permitted",
  ENOENT: "No such file or directory",
  EINTR: "Interrupted",
  EIO: "Input or output error",
  EBADF: "Bad file descriptor",
  EAGAIN: "Resource temporarily unavailable",
  ENOMEM: "Out of memory",
  EACCES: "Permission denied",
  EFAULT: "Bad address",
  EINVAL: "Invalid argument",
  ENFILE: "Too many open files in the system",
  EMFILE: "Too many open files",
  EPIPE: "Broken pipe",
  EPROTO: "Protocol error",
  ENOTSOCK: "Not a socket",
  EAFNOSUPPORT: "Address family not supported",
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Cannot assign the requested address",
  ENETDOWN: "Network is down",
  ENETUNREACH: "Network is unreachable",
  ECONNABORTED: "Connection aborted",
  ECONNRESET: "Connection reset",
  ENOBUFS: "No buffer space",
  ENOTCONN: "Not connected",
  ETIMEDOUT: "Connection timed out",
  ECONNREFUSED: "Connection refused",
  EHOSTUNREACH: "No route to host",
  EALREADY: "Already in progress",
  EINPROGRESS: "In progress",
};

const NAMES: ReadonlyMap<number, ErrnoName> = new Map(
  Object.entries(ERRNO).map(([name, value]) => [value, name as ErrnoName]),
);

/** Numbers that mean that this machine, not the other side, is at fault. */
const LOCAL_FAULTS: ReadonlySet<number> = new Set([
  ERRNO.EMFILE,
  ERRNO.ENFILE,
  ERRNO.ENOBUFS,
  ERRNO.ENOMEM,
  ERRNO.EADDRNOTAVAIL,
]);

/** The name of an error number, or `errno N` where the engine does not know it. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${errno}`;
}

/** Whether this machine has run out of a resource, in which case another backend does not help. */
export function isLocalFault(errno: number): boolean {
  return LOCAL_FAULTS.has(errno);
}

/** A system call that failed, such as `connect: Connection refused (ECONNREFUSED)`. */
export class LibcError extends Error {
  override readonly name = "LibcError";
  /** Such as `ECONNREFUSED`. */
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, errno: number) {
    const code = errnoName(errno);
    const words = NAMES.has(errno) ? WORDS[code as ErrnoName] : "Failed";
    super(`${syscall}: ${words} (${code})`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}
