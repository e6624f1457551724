/**
 * The C library's functions that the engine calls, each with its declaration in C.
 *
 * All of them are quick and take only numbers and buffers, so V8 can use fast calls; none is ever
 * called in a separate thread (`nonblocking`), which would have its own errno. `size_t` and
 * `ssize_t` are declared as 32 bits, ample for every length here.
 */
export const LIBC_SYMBOLS = {
  // int socket(int domain, int type, int protocol);
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen);
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  // int getsockopt(int sockfd, int level, int optname, void *optval, socklen_t *optlen);
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  // int getsockname(int sockfd, struct sockaddr *addr, socklen_t *addrlen);
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  // int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen);
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int listen(int sockfd, int backlog);
  listen: { parameters: ["i32", "i32"], result: "i32" },
  // int accept4(int sockfd, struct sockaddr *addr, socklen_t *addrlen, int flags);
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  // int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen);
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // ssize_t recv(int sockfd, void *buf, size_t len, int flags);
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  // ssize_t send(int sockfd, const void *buf, size_t len, int flags);
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  // int shutdown(int sockfd, int how);
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  // int close(int fd);
  close: { parameters: ["i32"], result: "i32" },
  // ssize_t read(int fd, void *buf, size_t count);
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // ssize_t write(int fd, const void *buf, size_t count);
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int pipe2(int pipefd[2], int flags);
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  // int open(const char *pathname, int flags);
  open: { parameters: ["buffer", "i32"], result: "i32" },
  // int ioctl(int fd, unsigned long op, int *arg);
  ioctl: { parameters: ["i32", "u32", "buffer"], result: "i32" },
  // int fcntl(int fd, int op, int arg);
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // ssize_t splice(int fd_in, off_t *off_in, int fd_out, off_t *off_out, size_t len, unsigned flags);
  splice: { parameters: ["i32", "pointer", "i32", "pointer", "u32", "u32"], result: "i32" },
  // int epoll_create1(int flags);
  epoll_create1: { parameters: ["i32"], result: "i32" },
  // int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  // int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout);
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  // int eventfd(unsigned int initval, int flags);
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  // int getrlimit(int resource, struct rlimit *rlim);
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  // void *memcpy(void *dest, const void *src, size_t n);
  memcpy: { parameters: ["buffer", "pointer", "u32"], result: "void" },
  // void *memcpy(void *dest, const void *src, size_t n); returns `dest`: the address of a buffer
  addressOf: { name: "memcpy", parameters: ["buffer", "buffer", "u32"], result: "u64" },
  // int *__errno_location(void);
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

type Symbols = Deno.StaticForeignLibraryInterface<typeof LIBC_SYMBOLS>;

/** The functions, and the error number of the last call in this thread. */
export interface Libc extends Omit<Symbols, "memcpy" | "__errno_location"> {
  /** Call right after a call that returned -1; meaningless at any other time. */
  errno(): number;
}

/** The C libraries of glibc's distributions, by their paths. */
const GLIBC_PATHS: Readonly<Record<typeof Deno.build.arch, readonly string[]>> = {
  x86_64: ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "/usr/lib/libc.so.6"],
  aarch64: ["/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "/usr/lib/libc.so.6"],
};
const MUSL_PATHS: Readonly<Record<typeof Deno.build.arch, readonly string[]>> = {
  x86_64: ["/lib/ld-musl-x86_64.so.1"],
  aarch64: ["/lib/ld-musl-aarch64.so.1"],
};

/** Every path where the C library is looked for: `--allow-ffi` can be limited to these. */
export const LIBC_PATHS: readonly string[] = [
  ...new Set([GLIBC_PATHS, MUSL_PATHS].flatMap((paths) => Object.values(paths).flat())),
];

let opened: Libc | undefined;

/**
 * The C library that Deno itself uses, opened on first use. Throws an `Error` if this is not Linux
 * on x86_64 or aarch64, if the permission is missing, or if the library is in none of the known
 * places.
 */
export function openLibc(): Libc {
  opened ??= open();
  return opened;
}

function open(): Libc {
  if (Deno.build.os !== "linux") throw new Error(`Linux is required, but this is ${Deno.build.os}`);
  const paths = candidates();
  const granted = paths.filter((path) =>
    Deno.permissions.querySync({ name: "ffi", path }).state === "granted"
  );
  if (granted.length === 0) throw new Error("Deno was started without --allow-ffi");
  for (const path of granted) {
    try {
      return bind(Deno.dlopen(path, LIBC_SYMBOLS).symbols);
    } catch {
      // On this distribution it is in another place.
    }
  }
  throw new Error(`No C library found at ${granted.join(" or ")}`);
}

/**
 * A second C library beside the one that Deno uses would not know about its threads, so only those
 * of the same kind are tried. A name without a path finds exactly that one, but needs the
 * permission for all libraries.
 */
function candidates(): readonly string[] {
  const { arch, target } = Deno.build;
  if (target.endsWith("musl")) return MUSL_PATHS[arch];
  const isFree = Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  return isFree ? ["libc.so.6", ...GLIBC_PATHS[arch]] : GLIBC_PATHS[arch];
}

function bind(symbols: Symbols): Libc {
  const { memcpy, __errno_location, ...functions } = symbols;
  // errno has a fixed address in each thread. It is read with `memcpy`, because Deno's views of
  // foreign memory need the permission for all libraries.
  const place = __errno_location();
  const copy = new Int32Array(1);
  return {
    ...functions,
    errno: (): number => {
      memcpy(copy, place, copy.byteLength);
      return copy[0] as number;
    },
  };
}
