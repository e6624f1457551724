import { EPOLL_CTL_MOD } from "../../lib/engine/native/constants.ts";
import { ERRNO, type ErrnoName } from "../../lib/engine/native/errno.ts";
import type { Libc } from "../../lib/engine/native/libc.ts";

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
  /** Calls of the function that go well before the first fault. */
  readonly after?: number;
  /** Every so many calls from then on. @default {1} */
  readonly every?: number;
  /** Faults in all. @default {Infinity} */
  readonly times?: number;
  /** What the call fails with, without being made. */
  readonly errno?: ErrnoName;
  /** How many bytes the call moves at most. */
  readonly atMost?: number;
  /** What the call throws, without being made: a defect, as no call of the C library does that. */
  readonly thrown?: string;
}

/** Errors after which a connection is of no more use. */
const BREAKING: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);
const SHUT_RDWR = 2;

type Call = (...args: never[]) => number;

/**
 * A C library that fails as told.
 *
 * A descriptor that is told of once (EPOLLET) would wait for ever after an `EAGAIN` or a short read
 * that is made up, because nothing new happens to it. So the kernel is asked to tell again, as it
 * does when a real one is over.
 */
export class FaultyLibc {
  readonly libc: Libc;
  readonly #faults: readonly Fault[];
  readonly #calls = new Map<string, number>();
  readonly #struck = new Map<Fault, number>();
  /** By descriptor: what was last asked for. */
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

  /** What cannot be written to any more has no other end either. */
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

/** The descriptors that a call is about; a pipe among them does no harm. */
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
