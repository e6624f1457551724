import { EPOLL_CTL_MOD } from "../../lib/engine/native/libc/constants.ts";
import { ERRNO, type ErrnoName } from "../../lib/engine/native/libc/errno.ts";
import type { Libc } from "../../lib/engine/native/libc/libc.ts";

/** A function that can be made to fail. */
export type FaultyCall =
  | "accept4"
  | "connect"
  | "epoll_ctl"
  | "epoll_wait"
  | "getsockname"
  | "pipe2"
  | "recv"
  | "send"
  | "setsockopt"
  | "shutdown"
  | "socket"
  | "splice";

/** What goes wrong, and when. */
export interface Fault {
  readonly call: FaultyCall;
  /** Calls that succeed before the first fault. */
  readonly after?: number;
  /** From then on, a fault every this many calls. @default {1} */
  readonly every?: number;
  /** Faults in all. @default {Infinity} */
  readonly times?: number;
  /** The error with which the call fails, without being made. */
  readonly errno?: ErrnoName;
  /** The most bytes that the call moves. */
  readonly atMost?: number;
  /** What the call throws, without being made: a bug, as no call of the C library throws. */
  readonly thrown?: string;
}

/** Errors after which a connection is unusable. */
const BREAKING: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);
const SHUT_RDWR = 2;

type Call = (...args: never[]) => number;

/**
 * A C library that fails on demand.
 *
 * An edge-triggered descriptor (EPOLLET) would wait forever after a made-up `EAGAIN` or short read,
 * because nothing new happens to it. So the kernel is asked to report again, as it does after a
 * real one.
 */
export class FaultyLibc {
  readonly libc: Libc;
  readonly #faults: readonly Fault[];
  readonly #calls = new Map<string, number>();
  readonly #struck = new Map<Fault, number>();
  /** By descriptor: the events last asked for. */
  readonly #watched = new Map<number, Watched>();
  readonly #real: Libc;
  #errno: number | undefined;

  constructor(real: Libc, faults: readonly Fault[]) {
    this.#real = real;
    this.#faults = faults;
    const wrapped = Object.entries(real).map(([name, call]) => [
      name,
      (...args: never[]) => this.#call(name, call as Call, args),
    ]);
    this.libc = { ...Object.fromEntries(wrapped), errno: () => this.#errno ?? real.errno() };
  }

  #call(name: string, real: Call, args: never[]): number {
    this.#errno = undefined;
    const fault = this.#next(name);
    if (name === "epoll_ctl" && fault === undefined) this.#remember(args);
    if (fault === undefined) return real(...args);
    if (fault.thrown !== undefined) throw new Error(fault.thrown);
    if (fault.errno !== undefined) {
      this.#errno = ERRNO[fault.errno];
      if (fault.errno === "EAGAIN") this.#tellAgain(name, args);
      if (BREAKING.has(fault.errno)) this.#break(name, args);
      return -1;
    }
    const result = real(...shorten(name, args, fault.atMost ?? 1));
    if (result > 0) this.#tellAgain(name, args);
    return result;
  }

  /** The fault that strikes this call, if one does. */
  #next(name: string): Fault | undefined {
    const count = (this.#calls.get(name) ?? 0) + 1;
    this.#calls.set(name, count);
    for (const fault of this.#faults) {
      const { call, after = 0, every = 1, times = Infinity } = fault;
      const struck = this.#struck.get(fault) ?? 0;
      if (call !== name || struck >= times || count <= after || (count - after) % every !== 0) {
        continue;
      }
      this.#struck.set(fault, struck + 1);
      return fault;
    }
    return undefined;
  }

  /** A connection that can no longer be written to has no other end either. */
  #break(name: string, args: readonly unknown[]): void {
    for (const descriptor of connectionsOf(name, args)) this.#real.shutdown(descriptor, SHUT_RDWR);
  }

  #remember(args: readonly unknown[]): void {
    const [epoll, , descriptor, event] = args as [number, number, number, Int32Array | null];
    if (event !== null) this.#watched.set(descriptor, { epoll, event: Int32Array.from(event) });
  }

  #tellAgain(name: string, args: readonly unknown[]): void {
    for (const descriptor of connectionsOf(name, args)) {
      const watched = this.#watched.get(descriptor);
      if (watched === undefined) continue;
      this.#real.epoll_ctl(watched.epoll, EPOLL_CTL_MOD, descriptor, watched.event);
    }
  }
}

interface Watched {
  readonly epoll: number;
  readonly event: Int32Array<ArrayBuffer>;
}

/** The descriptors that a call concerns; a pipe among them does no harm. */
function connectionsOf(name: string, args: readonly unknown[]): number[] {
  return (name === "splice" ? [args[0], args[2]] : [args[0]]) as number[];
}

/** The arguments of a call that moves fewer bytes. */
function shorten(name: string, args: readonly unknown[], atMost: number): never[] {
  const lengthAt = name === "splice" ? 4 : 2;
  const shorter = [...args];
  shorter[lengthAt] = Math.min(args[lengthAt] as number, atMost);
  return shorter as never[];
}
