/**
 * The numbers of Linux's interfaces that the engine uses, under their names in C. They are the same
 * on x86_64 and aarch64, which use the kernel's generic headers.
 */

export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_INET6 = 10;

export const SOCK_STREAM = 1;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_KEEPALIVE = 9;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const SO_ATTACH_FILTER = 26;
export const SO_DETACH_FILTER = 27;

export const IPPROTO_IP = 0;
/** Lets the port of a bound socket be chosen when it is connected. Applies to IPv6, too. */
export const IP_BIND_ADDRESS_NO_PORT = 24;

export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;

export const MSG_PEEK = 0x2;
export const MSG_NOSIGNAL = 0x4000;

/** Bytes written to a socket that the other side has not acknowledged. */
export const SIOCOUTQ = 0x5411;

export const SHUT_WR = 1;

/** `struct linger { int l_onoff; int l_linger; }`: on, with a linger time of 0. */
export const LINGER_NOW: Int32Array<ArrayBuffer> = Int32Array.of(1, 0);

export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;

export const EPOLLIN = 0x1;
export const EPOLLPRI = 0x2;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
/** Bit 31, as the signed number that a 32-bit operation yields. */
export const EPOLLET = 1 << 31;

export const EFD_CLOEXEC = 0o2000000;
export const EFD_NONBLOCK = 0o4000;

export const O_RDONLY = 0;
export const O_CLOEXEC = 0o2000000;
export const O_NONBLOCK = 0o4000;

export const F_SETPIPE_SZ = 1031;
export const F_GETPIPE_SZ = 1032;

export const SPLICE_F_MOVE = 1;
export const SPLICE_F_NONBLOCK = 2;
