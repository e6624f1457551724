import type { Libc } from "../libc/libc.ts";
import type { EpollLoop } from "../loop/epoll_loop.ts";
import type { Dialer } from "./dialer.ts";
import type { Pump } from "./pump.ts";

/** What all sessions of a worker share. */
export interface Workshop {
  readonly libc: Libc;
  readonly loop: EpollLoop;
  readonly pump: Pump;
  readonly dialer: Dialer;
}
