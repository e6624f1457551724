import type { DescriptorBook } from "./descriptor_book.ts";
import type { Libc } from "./libc.ts";

/** The worker was given up while it hung: it no longer owns its descriptors. */
export class GivenUpError extends Error {
  override readonly name = "GivenUpError";

  constructor() {
    super("This worker was given up");
  }
}

/**
 * The C library for one worker: it records the worker's descriptors, and once the worker was given
 * up every call throws a {@linkcode GivenUpError}. A hung thread cannot be stopped; if it ever
 * resumes, the numbers that it knows may mean other connections.
 *
 * @param isGivenUp reads shared memory, which costs next to nothing
 */
export function guardLibc(libc: Libc, book: DescriptorBook, isGivenUp: () => boolean): Libc {
  function check(): void {
    if (isGivenUp()) throw new GivenUpError();
  }

  /** Enters the descriptor that a call has returned, if it has. */
  function entered(descriptor: number): number {
    if (descriptor >= 0) book.enter(descriptor);
    return descriptor;
  }

  // Each one spelled out with all of its parameters: then V8 can use fast calls.
  return {
    socket: (domain, type, protocol) => (check(), entered(libc.socket(domain, type, protocol))),
    setsockopt: (fd, level, name, value, length) => (
      check(), libc.setsockopt(fd, level, name, value, length)
    ),
    getsockopt: (fd, level, name, value, length) => (
      check(), libc.getsockopt(fd, level, name, value, length)
    ),
    getsockname: (fd, address, length) => (check(), libc.getsockname(fd, address, length)),
    bind: (fd, address, length) => (check(), libc.bind(fd, address, length)),
    listen: (fd, backlog) => (check(), libc.listen(fd, backlog)),
    accept4: (fd, address, length, flags) => (
      check(), entered(libc.accept4(fd, address, length, flags))
    ),
    connect: (fd, address, length) => (check(), libc.connect(fd, address, length)),
    recv: (fd, buffer, length, flags) => (check(), libc.recv(fd, buffer, length, flags)),
    send: (fd, buffer, length, flags) => (check(), libc.send(fd, buffer, length, flags)),
    shutdown: (fd, how) => (check(), libc.shutdown(fd, how)),
    close: (fd) => (check(), book.strike(fd), libc.close(fd)),
    read: (fd, buffer, count) => (check(), libc.read(fd, buffer, count)),
    write: (fd, buffer, count) => (check(), libc.write(fd, buffer, count)),
    pipe2: (pair, flags) => {
      check();
      const result = libc.pipe2(pair, flags);
      if (result < 0) return result;
      for (const descriptor of pair as Int32Array) book.enter(descriptor);
      return result;
    },
    open: (path, flags) => (check(), entered(libc.open(path, flags))),
    ioctl: (fd, operation, value) => (check(), libc.ioctl(fd, operation, value)),
    fcntl: (fd, operation, value) => (check(), libc.fcntl(fd, operation, value)),
    splice: (from, fromAt, to, toAt, length, flags) => (
      check(), libc.splice(from, fromAt, to, toAt, length, flags)
    ),
    epoll_create1: (flags) => (check(), entered(libc.epoll_create1(flags))),
    epoll_ctl: (epoll, operation, fd, event) => (
      check(), libc.epoll_ctl(epoll, operation, fd, event)
    ),
    epoll_wait: (epoll, events, most, timeoutMs) => (
      check(), libc.epoll_wait(epoll, events, most, timeoutMs)
    ),
    eventfd: (value, flags) => (check(), entered(libc.eventfd(value, flags))),
    getrlimit: (resource, limits) => (check(), libc.getrlimit(resource, limits)),
    addressOf: (buffer, same, length) => libc.addressOf(buffer, same, length),
    errno: () => (check(), libc.errno()),
  };
}
