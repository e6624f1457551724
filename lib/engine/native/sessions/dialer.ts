import type { BackendSettings } from "../../../config/settings.ts";
import {
  IP_BIND_ADDRESS_NO_PORT,
  IPPROTO_IP,
  IPPROTO_TCP,
  MSG_PEEK,
  O_CLOEXEC,
  O_RDONLY,
  SO_ERROR,
  SO_KEEPALIVE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
} from "../libc/constants.ts";
import { ERRNO, LibcError } from "../libc/errno.ts";
import type { Libc } from "../libc/libc.ts";
import { encodeSockaddr, familyOf, portOf, SockaddrBuffer } from "../libc/sockaddr.ts";
import { type SourceAddress, SourceAddresses } from "./source_addresses.ts";

type Sockaddr = Uint8Array<ArrayBuffer>;

/** A range of ports, both ends included. */
interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Applies to IPv6, too. Read through the C library, as Deno requires every permission for reading
 * in `/proc`.
 */
const EPHEMERAL_PORTS_FILE = "/proc/sys/net/ipv4/ip_local_port_range";
const ALL_PORTS: PortRange = { first: 0, last: 65_535 };

/** Starts connections to backends. */
export class Dialer {
  readonly #libc: Libc;
  readonly #one = Int32Array.of(1);
  readonly #value = new Int32Array(1);
  readonly #length = new Uint32Array(1);
  /** The arguments of `connect` for each backend. */
  readonly #sockaddrs = new WeakMap<BackendSettings, readonly Sockaddr[]>();
  /** By the list in the settings. */
  readonly #sources = new WeakMap<readonly string[], SourceAddresses>();
  readonly #byte = new Uint8Array(1);
  readonly #local = new SockaddrBuffer();
  readonly #ephemeral: PortRange;
  #errno = 0;
  #syscall = "";

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#ephemeral = readEphemeralPorts(libc);
  }

  /** The error of the last {@linkcode dial} that failed. */
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
   * Starts a connection. Returns a descriptor, which the caller must close and which becomes
   * writable once the connection is established; or -1, with the reason in {@linkcode error}.
   *
   * @param sourceAddresses the local addresses to connect from, which take turns; one that has no
   * port left for this backend, or that this machine does not have, is passed over
   */
  dial(sockaddr: Sockaddr, sourceAddresses: readonly string[]): number {
    if (sourceAddresses.length === 0) return this.#dial(sockaddr, undefined);
    const sources = this.#sourcesOf(sourceAddresses);
    const family = familyOf(sockaddr);
    const count = sources.count(family);
    this.#errno = ERRNO.EAFNOSUPPORT;
    this.#syscall = "source_address has none of this family";
    for (let attempt = 0; attempt < count; attempt++) {
      const descriptor = this.#dial(sockaddr, sources.next(family));
      if (descriptor >= 0 || this.#errno !== ERRNO.EADDRNOTAVAIL) return descriptor;
    }
    return -1;
  }

  #dial(sockaddr: Sockaddr, source: SourceAddress | undefined): number {
    const libc = this.#libc;
    const descriptor = libc.socket(
      familyOf(sockaddr),
      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
      0,
    );
    if (descriptor < 0) return this.#failed("socket");
    if (source !== undefined) {
      // Without this, the port would be taken for connections to all backends at once.
      libc.setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, this.#one, 4);
      if (libc.bind(descriptor, source.sockaddr, source.sockaddr.length) < 0) {
        this.#failed(`bind to source_address ${source.hostname}`);
        libc.close(descriptor);
        return -1;
      }
    }
    libc.setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, this.#one, 4);
    libc.setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, this.#one, 4);
    if (libc.connect(descriptor, sockaddr, sockaddr.length) === 0) return descriptor;
    this.#failed("connect");
    // An interrupted connect continues in the background, just like a non-blocking one.
    if (this.#errno === ERRNO.EINPROGRESS || this.#errno === ERRNO.EINTR) return descriptor;
    libc.close(descriptor);
    return -1;
  }

  /**
   * The outcome of a connection that was started: an error number, or 0 if it is established. One
   * that was reset after the backend had sent something counts as established: what was sent can be
   * read.
   */
  outcome(descriptor: number): number {
    const peeked = this.#libc.recv(descriptor, this.#byte, 1, MSG_PEEK);
    if (peeked > 0) return 0;
    // The kernel reports an error once, and the read may be the call that got it.
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
   * Whether a connection leads to itself: where no one listens on a local port in the ephemeral
   * range, a connection to it may be assigned that very port.
   */
  isSelfConnected(descriptor: number, sockaddr: Sockaddr): boolean {
    const port = portOf(sockaddr);
    if (port < this.#ephemeral.first || port > this.#ephemeral.last) return false;
    const { bytes, length } = this.#local.prepare();
    if (this.#libc.getsockname(descriptor, bytes, length) < 0) return false;
    return sockaddr.every((byte, at) => byte === bytes[at]);
  }

  #sourcesOf(list: readonly string[]): SourceAddresses {
    let sources = this.#sources.get(list);
    if (sources === undefined) {
      sources = new SourceAddresses(list);
      this.#sources.set(list, sources);
    }
    return sources;
  }

  #failed(syscall: string): -1 {
    this.#errno = this.#libc.errno();
    this.#syscall = syscall;
    return -1;
  }
}

/** The ports that the kernel assigns to outgoing connections; all ports if that is not known. */
function readEphemeralPorts(libc: Libc): PortRange {
  const descriptor = libc.open(
    new TextEncoder().encode(`${EPHEMERAL_PORTS_FILE}\0`),
    O_RDONLY | O_CLOEXEC,
  );
  if (descriptor < 0) return ALL_PORTS;
  const bytes = new Uint8Array(64);
  const length = libc.read(descriptor, bytes, bytes.length);
  libc.close(descriptor);
  const text = new TextDecoder().decode(bytes.subarray(0, Math.max(length, 0)));
  const [first, last] = text.trim().split(/\s+/).map(Number);
  return first && last ? { first, last } : ALL_PORTS;
}
