import type { Dialer } from "./dialer.ts";
import type { EpollLoop } from "./epoll_loop.ts";
import type { Libc } from "./libc.ts";
import type { Pump } from "./pump.ts";

/** What all sessions of a worker share. */
export interface Workshop {
  readonly libc: Libc;
  readonly loop: EpollLoop;
  readonly pump: Pump;
  readonly dialer: Dialer;
}
