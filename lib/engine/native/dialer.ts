import type { BackendSettings } from "../../config/settings.ts";
import {
  IPPROTO_TCP,
  MSG_PEEK,
  SO_ERROR,
  SO_KEEPALIVE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
} from "./constants.ts";
import { ERRNO, LibcError } from "./errno.ts";
import type { Libc } from "./libc.ts";
import { type PortRange, readEphemeralPorts } from "./ephemeral_ports.ts";
import { encodeSockaddr, familyOf, portOf, SockaddrBuffer } from "./sockaddr.ts";

type Sockaddr = Uint8Array<ArrayBuffer>;

/** Begins connections to backends. */
export class Dialer {
  readonly #libc: Libc;
  readonly #one = Int32Array.of(1);
  readonly #value = new Int32Array(1);
  readonly #length = new Uint32Array(1);
  /** What `connect` wants, for each candidate. */
  readonly #sockaddrs = new WeakMap<BackendSettings, readonly Sockaddr[]>();
  readonly #byte = new Uint8Array(1);
  readonly #local = new SockaddrBuffer();
  readonly #ephemeral: PortRange;
  #errno = 0;
  #syscall = "";

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#ephemeral = readEphemeralPorts(libc);
  }

  /** What the last {@linkcode dial} that failed failed with. */
  get error(): LibcError {
    return new LibcError(this.#syscall, this.#errno);
  }

  /** The backend's addresses, in the order in which they are to be tried. */
  sockaddrsOf(backend: BackendSettings): readonly Sockaddr[] {
    let sockaddrs = this.#sockaddrs.get(backend);
    if (sockaddrs === undefined) {
      const { port } = backend.address;
      sockaddrs = backend.candidates.map((hostname) => encodeSockaddr({ hostname, port }));
      this.#sockaddrs.set(backend, sockaddrs);
    }
    return sockaddrs;
  }

  /**
   * Begins a connection. Gives a descriptor, which is the caller's to close and can be written to
   * once the connection is there; or -1, and the reason is in {@linkcode error}.
   */
  dial(sockaddr: Sockaddr): number {
    const libc = this.#libc;
    const descriptor = libc.socket(
      familyOf(sockaddr),
      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
      0,
    );
    if (descriptor < 0) return this.#failed("socket");
    libc.setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, this.#one, 4);
    libc.setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, this.#one, 4);
    if (libc.connect(descriptor, sockaddr, sockaddr.length) === 0) return descriptor;
    this.#failed("connect");
    // An interrupted connect goes on in the background, just like one that does not block.
    if (this.#errno === ERRNO.EINPROGRESS || this.#errno === ERRNO.EINTR) return descriptor;
    libc.close(descriptor);
    return -1;
  }

  /**
   * What became of a connection that was begun: an error number, or 0 when it is there. One that was
   * broken off again, after the backend has sent something, is there: what was sent can be read.
   */
  outcome(descriptor: number): number {
    const peeked = this.#libc.recv(descriptor, this.#byte, 1, MSG_PEEK);
    if (peeked > 0) return 0;
    // The kernel tells an error once, and reading may be what it was told to.
    const errno = peeked < 0 ? this.#libc.errno() : 0;
    if (errno !== 0 && errno !== ERRNO.EAGAIN) return errno;
    this.#length[0] = this.#value.byteLength;
    const result = this.#libc.getsockopt(
      descriptor,
      SOL_SOCKET,
      SO_ERROR,
      this.#value,
      this.#length,
    );
    return result < 0 ? this.#libc.errno() : this.#value[0] as number;
  }

  /**
   * Whether a connection leads to itself: where nobody listens at a port of this machine that
   * outgoing connections are given, one that is made to it may be given that very port.
   */
  isSelfConnected(descriptor: number, sockaddr: Sockaddr): boolean {
    const port = portOf(sockaddr);
    if (port < this.#ephemeral.first || port > this.#ephemeral.last) return false;
    const { bytes, length } = this.#local.prepare();
    if (this.#libc.getsockname(descriptor, bytes, length) < 0) return false;
    return sockaddr.every((byte, at) => byte === bytes[at]);
  }

  #failed(syscall: string): -1 {
    this.#errno = this.#libc.errno();
    this.#syscall = syscall;
    return -1;
  }
}
