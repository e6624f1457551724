import {
  AF_INET,
  MSG_NOSIGNAL,
  SHUT_WR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from "../../lib/engine/native/libc/constants.ts";
import { LibcError } from "../../lib/engine/native/libc/errno.ts";
import type { Libc } from "../../lib/engine/native/libc/libc.ts";
import { encodeSockaddr, SockaddrBuffer } from "../../lib/engine/native/libc/sockaddr.ts";

const READ_BYTES = 64 * 1024;

/** Two connected, non-blocking sockets over loopback. Use it with `using`. */
export class TcpPair implements Disposable {
  readonly near: number;
  readonly far: number;
  readonly #libc: Libc;
  readonly #closed = new Set<number>();

  constructor(libc: Libc) {
    this.#libc = libc;
    const listener = check("socket", libc, libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const any = encodeSockaddr({ hostname: "127.0.0.1", port: 0 });
    check("bind", libc, libc.bind(listener, any, any.length));
    check("listen", libc, libc.listen(listener, 1));
    const name = new SockaddrBuffer().prepare();
    check("getsockname", libc, libc.getsockname(listener, name.bytes, name.length));
    const address = encodeSockaddr(name.read());
    this.near = check("socket", libc, libc.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    check("connect", libc, libc.connect(this.near, address, address.length));
    const { bytes, length } = name.prepare();
    this.far = check("accept4", libc, libc.accept4(listener, bytes, length, SOCK_NONBLOCK));
    const F_SETFL = 4;
    check("fcntl", libc, libc.fcntl(this.near, F_SETFL, SOCK_NONBLOCK));
    libc.close(listener);
  }

  /** Writes as much as the kernel takes; returns how much. */
  write(descriptor: number, bytes: Uint8Array<ArrayBuffer>): number {
    let written = 0;
    while (written < bytes.length) {
      const rest = bytes.subarray(written);
      const taken = this.#libc.send(descriptor, rest, rest.length, MSG_NOSIGNAL);
      if (taken < 0) break;
      written += taken;
    }
    return written;
  }

  /** Reads what is available. */
  read(descriptor: number): Uint8Array {
    const chunks: Uint8Array[] = [];
    for (;;) {
      const chunk = new Uint8Array(READ_BYTES);
      const length = this.#libc.recv(descriptor, chunk, chunk.length, 0);
      if (length <= 0) break;
      chunks.push(chunk.subarray(0, length));
    }
    const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  /** Returns whether nothing comes after what was read. */
  isAtEnd(descriptor: number): boolean {
    return this.#libc.recv(descriptor, new Uint8Array(1), 1, 0) === 0;
  }

  finish(descriptor: number): void {
    this.#libc.shutdown(descriptor, SHUT_WR);
  }

  close(descriptor: number): void {
    if (this.#closed.has(descriptor)) return;
    this.#closed.add(descriptor);
    this.#libc.close(descriptor);
  }

  [Symbol.dispose](): void {
    this.close(this.near);
    this.close(this.far);
  }
}

function check(syscall: string, libc: Libc, result: number): number {
  if (result < 0) throw new LibcError(syscall, libc.errno());
  return result;
}
